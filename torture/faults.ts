import { setTimeout as wait } from 'node:timers/promises';
import type { Chance } from './seeded-random.ts';
import { farthest } from './virtual-clock.ts';
import type { Database, Pause } from './database.ts';
import type { Seen } from './history.ts';
import type { Node } from './nodes.ts';

/** What is there to go wrong, and what was seen of it so far. */
export type Happening = {
  readonly nodes: readonly Node[];
  readonly chance: Chance;
  readonly seen: readonly Seen[];
  /** The clock of those who ask: milliseconds. */
  readonly elapsed: () => number;
};

export type Faults = {
  readonly counts: ReadonlyMap<string, number>;
  /** Whether nothing more will happen, or one could not be mended, which `stop` tells. */
  readonly over: () => boolean;
  stop(): Promise<void>;
};

type Trouble = readonly [string, () => Promise<void>];

/** Milliseconds from the end of one fault to the next. */
const rest = [300, 2500] as const;

/** Does something to the servers, the wires, the clocks or the database, again and again until it is stopped; each is mended before the next. */
export function beginFaults(database: Database, { nodes, chance }: Happening): Faults {
  const counts = new Map<string, number>();
  const end = new AbortController();
  const pause: Pause = async (least, most) =>
    wait(chance.between(least, most), undefined, { signal: end.signal }).catch(() => {});

  async function go(): Promise<void> {
    while (!end.signal.aborted) {
      await pause(...rest);
      if (end.signal.aborted) return;
      const [name, befall] = chance.pick(troublesOf(nodes, database, chance, pause));
      counts.set(name, (counts.get(name) ?? 0) + 1);
      await befall();
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

function troublesOf(nodes: readonly Node[], database: Database, chance: Chance, pause: Pause): readonly Trouble[] {
  const node = chance.pick(nodes);
  const killed: Trouble = ['server killed', () => killOne(node, pause)];
  const drift = () => chance.between(-farthest.off, farthest.off);
  return [
    ...Object.entries(database.troubles).map(([name, befall]): Trouble => [name, () => befall(pause)]),
    killed,
    killed,
    killed,
    ['all servers killed', () => killAll(nodes)],
    ['client connections cut', async () => node.wire.cut()],
    ['client answers cut', async () => node.wire.cutAnswers()],
    ['clock moved', async () => node.setOffset(drift())],
    [
      'clock jumped back',
      async () => {
        node.setOffset(-farthest.off - chance.between(farthest.back / 2, farthest.back));
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

/** A server whose database is being started, or held by somebody, ends with one line; whatever runs servers starts it again. */
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
