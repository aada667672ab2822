import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { writeKeyFile } from '../src/base/key-file.ts';
import { makeKeyRing } from '../src/base/keys.ts';
import { systemRandom } from '../src/base/random.ts';
import { chanceOf, type Chance } from './seeded-random.ts';
import { check } from './checker/check.ts';
import { openAsker } from './recorder.ts';
import { farthest, spread, timeOf, type Course } from './virtual-clock.ts';
import { crowd } from './workload.ts';
import type { Database } from './database.ts';
import { openEars, type Ears } from './log-watcher.ts';
import type { Faults, Happening } from './faults.ts';
import { figuresOf, type Figures } from './figures.ts';
import type { Seen, Violation } from './history.ts';
import { openNode, type Node, type Setting } from './nodes.ts';
import { readOutbox } from './outbox.ts';
import { prepare } from './prepare.ts';
import { verifyLog } from './verify-log.ts';

export type Plan = {
  /** As the figures call it. */
  readonly database: string;
  readonly minutes: number;
  /** At most. */
  readonly operations: number;
  readonly seed: number;
};

/** What an experiment is about: the servers' database, and what goes wrong. */
export type Scene = {
  readonly database: Database;
  readonly servers: number;
  readonly befall: (happening: Happening) => Faults;
};

/** How many play people at the same time. */
const workers = 6;

/** Twenty times as fast as the wall: a step of an authenticator app takes a second and a half, the longest wait 45 seconds. */
const speed = 20;

export type Outcome = {
  readonly figures: Figures;
  readonly violations: readonly Violation[];
  readonly seen: readonly Seen[];
};

/** Runs one experiment in a folder, from an empty database to the checker's word. */
export async function run(
  plan: Plan,
  scene: Scene,
  folder: string,
  tell: (progress: string) => void,
): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  const world = await openWorld(plan, scene, folder, stack);
  const { environment, course, ears, deaths, chance, nodes, asker, elapsed } = world;
  const prepared = await prepare(asker, environment);
  ears.keep(prepared.apikey);
  const mail = readOutbox(environment.COUNTERSIGN_OUTBOX);
  const stageOf = (at: number) => ({
    ...prepared,
    nodes: nodes.length,
    chance: chanceOf(plan.seed * 1009 + at + 1),
    now: () => timeOf(course, Date.now()),
    ask: asker.ask,
    mail,
    keep: ears.keep,
  });

  const faults = scene.befall({ nodes, chance, seen: asker.seen, elapsed });
  const end = elapsed() + plan.minutes * 60_000;
  const goesOn = () => elapsed() < end && asker.seen.length < plan.operations && deaths.length === 0 && !faults.over();
  const teller = setInterval(() => {
    const left = Math.max(0, Math.round((end - elapsed()) / 1000));
    tell(`${asker.seen.length} operations, ${sum(faults.counts)} faults, ${left} s to go`);
  }, 10_000);
  stack.defer(() => clearInterval(teller));
  await crowd(workers, stageOf, goesOn);
  await faults.stop();
  const minutes = elapsed() / 60_000;
  // Whoever was killed in the middle of something has its connections closed by then.
  await wait(500);
  for (const node of nodes) await node.kill();

  tell('checking');
  return judge({ ...plan, minutes }, scene.database, world, faults.counts);
}

type World = {
  readonly environment: ReturnType<typeof environmentIn>;
  readonly course: Course;
  readonly ears: Ears;
  /** Why servers ended that nobody ended. */
  readonly deaths: readonly string[];
  readonly chance: Chance;
  readonly nodes: readonly Node[];
  readonly asker: ReturnType<typeof openAsker>;
  /** Milliseconds since the servers were there. */
  readonly elapsed: () => number;
};

/** The servers of an experiment, and who asks them. */
async function openWorld(
  plan: Plan,
  { database, servers }: Scene,
  folder: string,
  stack: AsyncDisposableStack,
): Promise<World> {
  const ears = openEars();
  const deaths: string[] = [];
  const chance = chanceOf(plan.seed);
  const course: Course = { wall: Date.now(), epoch: Date.now(), speed };
  const environment = environmentIn(folder, database.url);
  const setting: Setting = { environment, course, hear: ears.hear, mourn: (why) => deaths.push(why) };
  const nodes: Node[] = [];
  for (let at = 0; at < servers; at += 1) {
    const node = stack.use(await openNode(setting, chance.between(-farthest.off, farthest.off)));
    await node.start();
    nodes.push(node);
  }

  const began = performance.now();
  const elapsed = () => performance.now() - began;
  const asker = openAsker(nodes, chance, elapsed);
  stack.defer(asker.close);
  return { environment, course, ears, deaths, chance, nodes, asker, elapsed };
}

/** What the checker, the servers' logs and the log of attempts say of what was seen. */
async function judge(
  played: Plan,
  database: Database,
  { environment, ears, deaths, nodes, asker }: World,
  faults: ReadonlyMap<string, number>,
): Promise<Outcome> {
  const history = { seen: asker.seen, speed, spread };
  const leaked = ears.leaked();
  const violations = [
    ...check(history, await database.attempts()),
    ...deaths.map((what): Violation => ({ rule: 'servers stay up', what, seen: [] })),
    ...ears.broken().map((what): Violation => ({ rule: 'no fault', what, seen: [] })),
    ...(leaked.found > 0
      ? [{ rule: 'no secret is logged', what: `${leaked.found} secrets stand in the logs`, seen: [] }]
      : []),
    ...(await verifyLog(environment)),
  ];
  const about = { ...played, speed, nodes: nodes.length, secrets: leaked.kept, unlogged: ears.unlogged() };
  return { figures: figuresOf(about, history, faults, violations), violations, seen: asker.seen };
}

const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((all, count) => all + count, 0);

function environmentIn(folder: string, database: string) {
  const keys = join(folder, 'keys.json');
  const outbox = join(folder, 'outbox');
  writeKeyFile(keys, makeKeyRing(systemRandom), systemRandom);
  writeFileSync(outbox, '');
  return {
    COUNTERSIGN_DATABASE: database,
    COUNTERSIGN_KEYS: keys,
    COUNTERSIGN_URL: 'https://house.example',
    COUNTERSIGN_OUTBOX: outbox,
    COUNTERSIGN_REGISTRATION: 'open',
    COUNTERSIGN_ADMIN_PASSWORD: 'tortured-administrator',
    // A day goes by in 72 minutes, and nobody is to run out of messages in it.
    COUNTERSIGN_SENDS_PER_DAY: '1000',
    COUNTERSIGN_ENROLLMENTS_PER_ADDRESS: '0',
    COUNTERSIGN_ENROLLMENTS_PER_ACCOUNT: '0',
    COUNTERSIGN_LOG_LEVEL: 'info',
  };
}
