import { setTimeout as wait } from 'node:timers/promises';
import { openConnection } from '../../../kit/load/client.ts';
import { pick } from '../../../kit/load/clients.ts';
import { median } from '../../../kit/statistics.ts';
import { timeOf, type Course } from '../../virtual-clock.ts';
import type { Lab } from '../lab.ts';
import type { Memory } from '../probe.ts';
import { habits, makeOAuthClient, makeRegular, type Regular } from '../steady-users.ts';
import { megabytes } from '../report.ts';
import { serveFast, type Server } from '../server.ts';

/** The servers' time goes so much faster than the wall's that lives of tokens, waits and sweeps come round as they do in hours. */
const speed = 12;
const workers = 12;
/** Of whom each worker has so many; none does the same thing twice in a row. */
const each = 33;

const samples = 48;

/** How much more the last quarter may hold than the second: the caches that are meant to be there are full by then. */
const growth = { heapUsed: 1.1, rss: 1.15 };

/** Logins of every kind, right and wrong, as many as this machine can make in some minutes. */
export async function memory(lab: Lab): Promise<void> {
  const course: Course = { wall: Date.now(), epoch: Date.now(), speed };
  await using server = await serveFast(await lab.settings(), course);
  const { held, done } = await logIn(lab, server, () => timeOf(course, Date.now()));

  lab.expect(
    'every login was answered as it had to be',
    true,
    `${done} in ${lab.minutes} minutes, ${lab.minutes * speed} of the server's time`,
  );
  for (const kind of ['heapUsed', 'rss'] as const) {
    const [second, last] = [quarter(held, 1), quarter(held, 3)].map((part) => median(part.map((one) => one[kind])));
    if (second === undefined || last === undefined) throw new Error('nothing was sampled');
    const slope = (slopeOf(held.slice(samples / 2).map((one) => one[kind])) * samples * 100_000) / done;
    lab.expect(
      `${kind === 'rss' ? 'resident memory' : 'heap'}: last quarter at most ${Math.round(growth[kind] * 100)}% of the second`,
      last <= second * growth[kind],
      `${megabytes(second)}, then ${megabytes(last)}; in the second half ${slope.toFixed(1)} MB per 100,000 logins`,
    );
  }
  const broken = server.log.ears.broken();
  lab.expect('no fault in the log', broken.length === 0, broken[0] ?? 'none');
}

/** Logs in until the time is over, and looks at the memory again and again. */
async function logIn(
  lab: Lab,
  server: Server,
  now: () => number,
): Promise<{ readonly held: readonly Memory[]; readonly done: number }> {
  const connections = await Promise.all(Array.from({ length: workers }, () => openConnection(server.url)));
  const [first] = connections;
  if (!first) throw new Error('nobody is at work');
  const client = await makeOAuthClient(first);
  let done = 0;
  const over = new AbortController();
  const people = await Promise.all(
    connections.map(async (connection, worker) => {
      const own: Regular[] = [];
      for (let at = 0; at < each; at += 1) own.push(await makeRegular({ connection, client, now }, worker * each + at));
      return own;
    }),
  );
  async function work(own: readonly Regular[]): Promise<void> {
    for (let turn = 0; !over.signal.aborted; turn += 1) {
      await pick(habits, turn)(pick(own, turn));
      done += 1;
    }
  }
  const working = Promise.all(people.map(work));
  const held: Memory[] = [];
  while (held.length < samples) {
    await Promise.race([wait((lab.minutes * 60_000) / samples), working]);
    const seen = await server.memory();
    held.push(seen);
    lab.tell(`${done} logins, heap ${megabytes(seen.heapUsed)}, resident ${megabytes(seen.rss)}`);
  }
  over.abort();
  await working;
  for (const connection of connections) connection.close();
  return { held, done };
}

const quarter = (held: readonly Memory[], at: number) => held.slice((at * samples) / 4, ((at + 1) * samples) / 4);

/** Least squares: by how much values grow from one to the next. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const above = values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0);
  return above / values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
}
