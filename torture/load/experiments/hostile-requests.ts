import { sendRaw, hostileRequests, marker } from '../../../kit/hostile-requests.ts';
import { startLoad } from '../load-process.ts';
import type { Lab } from '../lab.ts';
import { makePeople, monitors } from '../people.ts';
import { expectLatency, expectNoFaults } from '../expectations.ts';
import { megabytes } from '../report.ts';
import { serve } from '../server.ts';

/** How many clients send each request at once, and how often. */
const clients = 20;
const rounds = 5;

/** Milliseconds. */
const bound = 3000;

/** Megabytes. */
const growth = 40;
const longestLine = 1000;

/** `npm test` sends each of these once; here many clients send them at once. */
export async function sendHostileRequests(lab: Lab): Promise<void> {
  await using server = await serve(await lab.settings());
  server.log.logWatcher.addSecret(marker);
  const port = Number(new URL(server.url).port);
  const [person] = await makePeople(server.url, 'person', 1);
  if (!person) throw new Error('no user was made');
  const before = await server.memory();
  const monitoring = startLoad(server.url, monitors(person));
  const unexpected = new Set<string>();
  let sent = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const request of hostileRequests) {
      const exchanges = await Promise.all(Array.from({ length: clients }, () => sendRaw(port, request)));
      sent += clients;
      for (const { answers } of exchanges) {
        // A client that is cut off while it sends may lose the answer with the connection.
        const statuses = answers.map(({ status }) => status).join();
        if (statuses !== request.answers.join() && statuses !== '')
          unexpected.add(`${request.name}: ${statuses.slice(0, 40)}`);
      }
    }
  }
  lab.expect(
    `${hostileRequests.length} hostile requests: refused, or cut off`,
    unexpected.size === 0,
    [...unexpected].join('; ') || `${sent} times`,
  );
  expectLatency(lab, await monitoring.stop(), bound);
  const held = await server.memory();
  lab.expect(
    `memory at most ${growth} MB above before`,
    held.heapUsed <= before.heapUsed + growth,
    `heap ${megabytes(before.heapUsed)}, then ${megabytes(held.heapUsed)}; resident ${megabytes(before.rss)}, then ${megabytes(held.rss)}`,
  );
  const { log } = server;
  lab.expect(`no line of the log above ${longestLine} characters`, log.longest() <= longestLine, log.longest());
  lab.expect('no secret in the log', log.logWatcher.leaked().found === 0, log.logWatcher.leaked().found);
  expectNoFaults(lab, server);
}
