import { setTimeout as wait } from 'node:timers/promises';
import type { SeededRandom } from './seeded-random.ts';
import { clockError } from './virtual-clock.ts';
import type { Database, Pause } from './database.ts';
import type { Observation } from './history.ts';
import type { Node } from './nodes.ts';

/** What faults act on, and what was observed so far. */
export type FaultContext = {
  readonly nodes: readonly Node[];
  readonly random: SeededRandom;
  readonly seen: readonly Observation[];
  /** The clients' clock: milliseconds. */
  readonly elapsed: () => number;
};

export type FaultInjector = {
  readonly counts: ReadonlyMap<string, number>;
  /** Whether there will be no more faults, or one could not be repaired: then `stop` rejects. */
  readonly over: () => boolean;
  stop(): Promise<void>;
};

type Fault = readonly [string, () => Promise<void>];

/** Milliseconds from the end of one fault to the next. */
const rest = [300, 2500] as const;

/** Injects faults into servers, connections, clocks and the database until it is stopped. Each is repaired before the next. */
export function injectRandomFaults(database: Database, { nodes, random }: FaultContext): FaultInjector {
  const counts = new Map<string, number>();
  const end = new AbortController();
  const pause: Pause = async (least, most) =>
    wait(random.between(least, most), undefined, { signal: end.signal }).catch(() => {});

  async function go(): Promise<void> {
    while (!end.signal.aborted) {
      await pause(...rest);
      if (end.signal.aborted) return;
      const [name, injectFaults] = random.pick(faultsOf(nodes, database, random, pause));
      counts.set(name, (counts.get(name) ?? 0) + 1);
      await injectFaults();
    }
  }

  const going = go();
  let failed = false;
  going.catch(() => (failed = true));
  return {
    counts,
    over: () => failed,
    async stop() {
      end.abort();
      await going;
    },
  };
}

function faultsOf(nodes: readonly Node[], database: Database, random: SeededRandom, pause: Pause): readonly Fault[] {
  const node = random.pick(nodes);
  const killed: Fault = ['server killed', () => killOne(node, pause)];
  const drift = () => random.between(-clockError.offset, clockError.offset);
  return [
    ...Object.entries(database.faults).map(([name, injectFaults]): Fault => [name, () => injectFaults(pause)]),
    killed,
    killed,
    killed,
    ['all servers killed', () => killAll(nodes)],
    ['client connections cut', async () => node.proxy.dropConnections()],
    ['client answers cut', async () => node.proxy.dropOnNextAnswer()],
    ['clock moved', async () => node.setOffset(drift())],
    [
      'clock jumped back',
      async () => {
        node.setOffset(-clockError.offset - random.between(clockError.jumpBack / 2, clockError.jumpBack));
        await pause(500, 4000);
        node.setOffset(drift());
      },
    ],
  ];
}

async function killOne(node: Node, pause: Pause): Promise<void> {
  await node.kill();
  await pause(0, 1500);
  await startAgain(node);
}

async function killAll(nodes: readonly Node[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.kill()));
  await Promise.all(nodes.map(startAgain));
}

/** A server whose database is starting or locked ends with one line; a service manager would restart it. */
async function startAgain(node: Node): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await node.start();
    } catch (error) {
      if (tries === 10) throw error;
      await wait(200);
    }
  }
}
