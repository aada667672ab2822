import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { writeKeyFile } from '../src/base/key-file.ts';
import { makeKeyRing } from '../src/base/keys.ts';
import { systemRandom } from '../src/base/random.ts';
import { randomFromSeed, type SeededRandom } from './seeded-random.ts';
import { check } from './checker/check.ts';
import { openRecorder } from './recorder.ts';
import { clockError, maxSkew, timeOf, type VirtualClock } from './virtual-clock.ts';
import { runWorkload } from './workload.ts';
import type { Database } from './database.ts';
import { openLogWatcher, type LogWatcher } from './log-watcher.ts';
import type { FaultInjector, FaultContext } from './faults.ts';
import { figuresOf, type Figures } from './figures.ts';
import type { Observation, Violation } from './history.ts';
import { openNode, type Node, type NodeOptions } from './nodes.ts';
import { readOutbox } from './outbox.ts';
import { prepare } from './prepare.ts';
import { verifyLog } from './verify-log.ts';

export type Plan = {
  /** Its name in the figures. */
  readonly database: string;
  readonly minutes: number;
  /** The experiment ends after this many. */
  readonly operations: number;
  readonly seed: number;
};

/** What is tested: the servers' database, and the faults. */
export type Setup = {
  readonly database: Database;
  readonly servers: number;
  readonly injectFaults: (faultContext: FaultContext) => FaultInjector;
};

/** How many simulate people at the same time. */
const workers = 6;

/** Twenty times real time: a TOTP step takes a second and a half, the longest wait 45 seconds. */
const speed = 20;

export type Outcome = {
  readonly figures: Figures;
  readonly violations: readonly Violation[];
  readonly seen: readonly Observation[];
};

/** Runs one experiment in a folder, from an empty database to the checker's verdict. */
export async function runExperiment(
  plan: Plan,
  setup: Setup,
  folder: string,
  report: (progress: string) => void,
): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  const deployment = await deploy(plan, setup, folder, stack);
  const { environment, virtualClock, logWatcher, unexpectedExits, random, nodes, recorder, elapsed } = deployment;
  const prepared = await prepare(recorder, environment);
  logWatcher.addSecret(prepared.apikey);
  const mail = readOutbox(environment.COUNTERSIGN_OUTBOX);
  const contextOf = (at: number) => ({
    ...prepared,
    nodes: nodes.length,
    random: randomFromSeed(plan.seed * 1009 + at + 1),
    now: () => timeOf(virtualClock, Date.now()),
    ask: recorder.ask,
    mail,
    addSecret: logWatcher.addSecret,
  });

  const faults = setup.injectFaults({ nodes, random, seen: recorder.seen, elapsed });
  const end = elapsed() + plan.minutes * 60_000;
  const continues = () =>
    elapsed() < end && recorder.seen.length < plan.operations && unexpectedExits.length === 0 && !faults.over();
  const reporting = setInterval(() => {
    const left = Math.max(0, Math.round((end - elapsed()) / 1000));
    report(`${recorder.seen.length} operations, ${sum(faults.counts)} faults, ${left} s to go`);
  }, 10_000);
  stack.defer(() => clearInterval(reporting));
  await runWorkload(workers, contextOf, continues);
  await faults.stop();
  const minutes = elapsed() / 60_000;
  // By then the connections of killed servers are closed.
  await wait(500);
  for (const node of nodes) await node.kill();

  report('checking');
  return judge({ ...plan, minutes }, setup.database, deployment, faults.counts);
}

type Deployment = {
  readonly environment: ReturnType<typeof environmentIn>;
  readonly virtualClock: VirtualClock;
  readonly logWatcher: LogWatcher;
  /** Of servers that ended by themselves, with how. */
  readonly unexpectedExits: readonly string[];
  readonly random: SeededRandom;
  readonly nodes: readonly Node[];
  readonly recorder: ReturnType<typeof openRecorder>;
  /** Milliseconds since the servers were up. */
  readonly elapsed: () => number;
};

/** The servers of an experiment, and what sends requests to them. */
async function deploy(
  plan: Plan,
  { database, servers }: Setup,
  folder: string,
  stack: AsyncDisposableStack,
): Promise<Deployment> {
  const logWatcher = openLogWatcher();
  const unexpectedExits: string[] = [];
  const random = randomFromSeed(plan.seed);
  const virtualClock: VirtualClock = { wall: Date.now(), epoch: Date.now(), speed };
  const environment = environmentIn(folder, database.url);
  const setting: NodeOptions = {
    environment,
    virtualClock,
    onLogLine: logWatcher.readLine,
    onExit: (why) => unexpectedExits.push(why),
  };
  const nodes: Node[] = [];
  for (let at = 0; at < servers; at += 1) {
    const node = stack.use(await openNode(setting, random.between(-clockError.offset, clockError.offset)));
    await node.start();
    nodes.push(node);
  }

  const began = performance.now();
  const elapsed = () => performance.now() - began;
  const recorder = openRecorder(nodes, random, elapsed);
  stack.defer(recorder.close);
  return { environment, virtualClock, logWatcher, unexpectedExits, random, nodes, recorder, elapsed };
}

/** The violations that the checker, the servers' logs and the log of attempts show. */
async function judge(
  played: Plan,
  database: Database,
  { environment, logWatcher, unexpectedExits, nodes, recorder }: Deployment,
  faults: ReadonlyMap<string, number>,
): Promise<Outcome> {
  const history = { seen: recorder.seen, speed, maxSkew };
  const leaked = logWatcher.leaked();
  const violations = [
    ...check(history, await database.attempts()),
    ...unexpectedExits.map((what): Violation => ({ rule: 'servers stay up', what, seen: [] })),
    ...logWatcher.faults().map((what): Violation => ({ rule: 'no fault', what, seen: [] })),
    ...(leaked.found > 0
      ? [{ rule: 'no secret is logged', what: `the logs contain ${leaked.found} secrets`, seen: [] }]
      : []),
    ...(await verifyLog(environment)),
  ];
  const about = { ...played, speed, nodes: nodes.length, secrets: leaked.known, unlogged: logWatcher.unlogged() };
  return { figures: figuresOf(about, history, faults, violations), violations, seen: recorder.seen };
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
    COUNTERSIGN_URL: 'https://auth.example',
    COUNTERSIGN_OUTBOX: outbox,
    COUNTERSIGN_REGISTRATION: 'open',
    COUNTERSIGN_ADMIN_PASSWORD: 'tortured-administrator',
    // A day takes 72 minutes, in which no user may run out of messages.
    COUNTERSIGN_SENDS_PER_DAY: '1000',
    COUNTERSIGN_ENROLLMENTS_PER_ADDRESS: '0',
    COUNTERSIGN_ENROLLMENTS_PER_ACCOUNT: '0',
    COUNTERSIGN_LOG_LEVEL: 'info',
  };
}
