import { setTimeout as wait } from 'node:timers/promises';
import { openConnection } from '../../../kit/load/client.ts';
import { pick } from '../../../kit/load/clients.ts';
import { median } from '../../../kit/statistics.ts';
import { timeOf, type VirtualClock } from '../../virtual-clock.ts';
import { expectNoFaults } from '../expectations.ts';
import type { Lab } from '../lab.ts';
import type { Memory } from '../probe.ts';
import { loginKinds, makeOAuthClient, makeSteadyUser, type SteadyUser } from '../steady-users.ts';
import { megabytes } from '../report.ts';
import { serveFast, type Server } from '../server.ts';

/** Virtual time runs this much faster, so that lifetimes, waits and deletions pass as they do in hours. */
const speed = 12;
const workers = 12;
/** Users of each worker; none repeats an action at once. */
const each = 33;

const samples = 48;

/** How much more memory the last quarter may use than the second: by then the caches are full. */
const growth = { heapUsed: 1.1, rss: 1.15 };

/** Logins of every kind, right and wrong, as fast as this machine can make them for some minutes. */
export async function memory(lab: Lab): Promise<void> {
  const virtualClock: VirtualClock = { wall: Date.now(), epoch: Date.now(), speed };
  await using server = await serveFast(await lab.settings(), virtualClock);
  const { held, done } = await logIn(lab, server, () => timeOf(virtualClock, Date.now()));

  lab.expect(
    'every login had the expected answer',
    true,
    `${done} in ${lab.minutes} minutes, ${lab.minutes * speed} of virtual time`,
  );
  for (const kind of ['heapUsed', 'rss'] as const) {
    const [second, last] = [quarter(held, 1), quarter(held, 3)].map((part) => median(part.map((one) => one[kind])));
    if (second === undefined || last === undefined) throw new Error('no sample was taken');
    const slope = (slopeOf(held.slice(samples / 2).map((one) => one[kind])) * samples * 100_000) / done;
    lab.expect(
      `${kind === 'rss' ? 'resident memory' : 'heap'}: last quarter at most ${Math.round(growth[kind] * 100)}% of the second`,
      last <= second * growth[kind],
      `${megabytes(second)}, then ${megabytes(last)}; in the second half ${slope.toFixed(1)} MB per 100,000 logins`,
    );
  }
  expectNoFaults(lab, server);
}

/** Logs in until the time is over, and samples the memory. */
async function logIn(
  lab: Lab,
  server: Server,
  now: () => number,
): Promise<{ readonly held: readonly Memory[]; readonly done: number }> {
  const connections = await Promise.all(Array.from({ length: workers }, () => openConnection(server.url)));
  const [first] = connections;
  if (!first) throw new Error('there is no worker');
  const client = await makeOAuthClient(first);
  let done = 0;
  const stopped = new AbortController();
  const people = await Promise.all(
    connections.map(async (connection, worker) => {
      const own: SteadyUser[] = [];
      for (let at = 0; at < each; at += 1)
        own.push(await makeSteadyUser({ connection, client, now }, worker * each + at));
      return own;
    }),
  );
  async function work(own: readonly SteadyUser[]): Promise<void> {
    for (let turn = 0; !stopped.signal.aborted; turn += 1) {
      await pick(loginKinds, turn)(pick(own, turn));
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
  stopped.abort();
  await working;
  for (const connection of connections) connection.close();
  return { held, done };
}

const quarter = (held: readonly Memory[], at: number) => held.slice((at * samples) / 4, ((at + 1) * samples) / 4);

/** Least squares: the growth from one value to the next. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const above = values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0);
  return above / values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
}
