import { converse, hostile, marker } from '../../../kit/hostile-requests.ts';
import { openCrowd } from '../load-process.ts';
import type { Lab } from '../lab.ts';
import { makePeople, witnesses } from '../people.ts';
import { expectPunctual } from '../latency.ts';
import { megabytes } from '../report.ts';
import { serve } from '../server.ts';

/** How many send each request at once, and how often. */
const clients = 20;
const rounds = 5;

/** Milliseconds. */
const bound = 3000;

/** Megabytes. */
const growth = 40;
const longestLine = 1000;

/** What `npm test` sends once is sent by many at once here. */
export async function hostileRequests(lab: Lab): Promise<void> {
  await using server = await serve(await lab.settings());
  server.log.ears.keep(marker);
  const port = Number(new URL(server.url).port);
  const [person] = await makePeople(server.url, 'person', 1);
  if (!person) throw new Error('nobody was made');
  const before = await server.memory();
  const looking = openCrowd(server.url, witnesses(person));
  const wrong = new Set<string>();
  let sent = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const request of hostile) {
      const talks = await Promise.all(Array.from({ length: clients }, () => converse(port, request)));
      sent += clients;
      for (const { answers } of talks) {
        // Whoever is cut off while they talk may lose the answer with the connection.
        const said = answers.map(({ status }) => status).join();
        if (said !== request.answers.join() && said !== '') wrong.add(`${request.name}: ${said.slice(0, 40)}`);
      }
    }
  }
  lab.expect(
    `${hostile.length} hostile requests: refused, or cut off`,
    wrong.size === 0,
    [...wrong].join('; ') || `${sent} times`,
  );
  expectPunctual(lab, await looking.stop(), bound);
  const held = await server.memory();
  lab.expect(
    `memory at most ${growth} MB above before`,
    held.heapUsed <= before.heapUsed + growth,
    `heap ${megabytes(before.heapUsed)}, then ${megabytes(held.heapUsed)}; resident ${megabytes(before.rss)}, then ${megabytes(held.rss)}`,
  );
  const { log } = server;
  lab.expect(`no line of the log above ${longestLine} characters`, log.longest() <= longestLine, log.longest());
  lab.expect(
    'no secret and no fault in the log',
    log.ears.leaked().found === 0 && log.ears.broken().length === 0,
    log.ears.broken()[0] ?? 'none',
  );
}
