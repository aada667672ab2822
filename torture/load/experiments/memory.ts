import { setTimeout as wait } from 'node:timers/promises';
import { openConnection } from '../../../bench/client.ts';
import { median } from '../../../bench/statistics.ts';
import { timeOf, type Course } from '../../course.ts';
import type { Lab } from '../house.ts';
import type { Memory } from '../probe.ts';
import { habits, makeOAuthClient, makeRegular, type Regular } from '../regulars.ts';
import { megabytes } from '../report.ts';
import { serveFast, type Server } from '../server.ts';

/** An hour of the servers' time in five minutes: lives of tokens, waits and sweeps come round as they do in an hour. */
const speed = 12;
const regulars = 400;
const workers = 12;

const samples = 48;

/** How much more the last quarter may hold than the second: the caches that are meant to be there are full by then. */
const growth = { heapUsed: 1.1, rss: 1.15 };

/** Logins of every kind, right and wrong, as many as a busy house has in an hour. */
export async function memory(lab: Lab): Promise<void> {
  const course: Course = { wall: Date.now(), epoch: Date.now(), speed };
  await using server = await serveFast(await lab.settings(), course);
  const began = performance.now();
  const held = await logIn(lab, server, () => timeOf(course, Date.now()));
  const minutes = (performance.now() - began) / 60_000;

  lab.expect(
    'every login was answered as it had to be',
    true,
    `${lab.logins} logins in ${minutes.toFixed(1)} minutes, ${(minutes * speed).toFixed(0)} of the servers' time`,
  );
  for (const kind of ['heapUsed', 'rss'] as const) {
    const [second, last] = [quarter(held, 1), quarter(held, 3)].map((part) => median(part.map((one) => one[kind])));
    if (second === undefined || last === undefined) throw new Error('nothing was sampled');
    const slope = (slopeOf(held.slice(samples / 2).map((one) => one[kind])) * samples * 100_000) / lab.logins;
    lab.expect(
      `${kind === 'rss' ? 'resident memory' : 'heap'}: last quarter at most ${Math.round(growth[kind] * 100)}% of the second`,
      last <= second * growth[kind],
      `${megabytes(second)}, then ${megabytes(last)}; in the second half ${slope.toFixed(1)} MB per 100,000 logins`,
    );
  }
  const broken = server.log.broken();
  lab.expect('no fault in the log', broken.length === 0, broken[0] ?? 'none');
}

/** Does all the logins, and looks at the memory after each share of them. */
async function logIn(lab: Lab, server: Server, now: () => number): Promise<readonly Memory[]> {
  const connections = await Promise.all(Array.from({ length: workers }, () => openConnection(server.url)));
  const [first] = connections;
  if (!first) throw new Error('nobody is at work');
  const client = await makeOAuthClient(first);
  const each = regulars / workers;
  let done = 0;
  async function work(connection: (typeof connections)[number], worker: number): Promise<void> {
    const mine: Regular[] = [];
    for (let at = 0; at < each; at += 1) mine.push(await makeRegular({ connection, client, now }, worker * 1000 + at));
    for (let turn = 0; done < lab.logins; turn += 1) {
      const regular = mine[turn % mine.length];
      const habit = habits[turn % habits.length];
      if (!regular || !habit) throw new Error('nobody has a habit');
      done += 1;
      await habit(regular);
    }
  }
  const working = Promise.all(connections.map(work));
  const held: Memory[] = [];
  while (held.length < samples) {
    await Promise.race([wait(50), working]);
    if (done < ((held.length + 1) * lab.logins) / samples) continue;
    const seen = await server.memory();
    held.push(seen);
    lab.tell(`${done} logins, heap ${megabytes(seen.heapUsed)}, resident ${megabytes(seen.rss)}`);
  }
  await working;
  for (const connection of connections) connection.close();
  return held;
}

const quarter = (held: readonly Memory[], at: number) => held.slice((at * samples) / 4, ((at + 1) * samples) / 4);

/** Least squares: by how much values grow from one to the next. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const above = values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0);
  return above / values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
}
