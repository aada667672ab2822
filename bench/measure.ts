import { levels } from '../kit/load/clients.ts';
import { commitsIn } from '../kit/commit-count.ts';
import { spent, type Usage } from '../kit/load/cpu.ts';
import type { Times } from './equal-time.ts';
import type { JobName } from './jobs.ts';
import { keyOf, operations, shared, stepsOf, type Flavour, type Step } from './plan.ts';
import type { Load, Running } from './processes.ts';
import type { ServerName } from './measured-servers.ts';

/** One step of one round. Times are milliseconds. */
export type Rate = {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU per operation, of the server and of the database's processes; undefined where it is unknown, or there are none. */
  readonly cpu: number | undefined;
  readonly databaseCpu: number | undefined;
};

export type Measured = {
  readonly steps: readonly Step[];
  /** By the step's key, one for each round. */
  readonly rates: ReadonlyMap<string, readonly Rate[]>;
  /** Writing transactions per operation, by server and job. */
  readonly commits: ReadonlyMap<string, number>;
  readonly times: readonly Times[];
};

export type Server = Running & { readonly database: string };

export type Bench = {
  readonly flavour: Flavour;
  readonly countersign: Server;
  readonly betterAuth: Server | undefined;
  readonly hello: Running;
  readonly load: Load;
  /** For the job `commits`. */
  readonly database: string;
  /** Of PostgreSQL's processes. */
  readonly databaseCpu: () => Usage | undefined;
  /** Of each timed measurement. */
  readonly seconds: number;
  readonly rounds: number;
  /** How many people have a password only, and how many an app for each measurement that uses codes. */
  readonly people: number;
  readonly tell: (progress: string) => void;
};

/** Cycles of four failed logins in a round. With fewer people than cycles some would be rate limited. */
const maxCycles = 50;

/** Jobs without a database, and one whose connections end before their CPU can be read. */
const withoutDatabaseCpu: ReadonlySet<JobName> = new Set(['hashes', 'hellos', 'commits']);

export async function measure(bench: Bench): Promise<Measured> {
  const { flavour, countersign, betterAuth, load, rounds, people, tell } = bench;
  const cycles = Math.min(maxCycles, people);
  tell('making people');
  await load.run('makePeople', { server: 'countersign', url: countersign.url, people });
  if (betterAuth) await load.run('makePeople', { server: 'betterAuth', url: betterAuth.url, people });
  const steps = stepsOf(flavour, betterAuth !== undefined);
  tell('warming up');
  // The first thousands of requests are slower.
  for (const step of steps.filter(({ clients }) => clients === Math.max(...levels))) await measureStep(bench, step);
  await load.run('equalTime', { cycles: 3 });
  const commits = await countCommits(bench);
  const rates = new Map<string, Rate[]>(steps.map((step) => [keyOf(step), []]));
  const times: Times[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const step of steps) {
      const rate = await measureStep(bench, step);
      rates.get(keyOf(step))?.push(rate);
      tell(`round ${round} of ${rounds}: ${keyOf(step)}: ${rate.perSecond.toFixed(0)}/s`);
    }
    times.push(await load.run('equalTime', { cycles }));
  }
  return { steps, rates, commits, times };
}

async function measureStep(bench: Bench, { job, clients, by }: Step): Promise<Rate> {
  const { load, seconds, hello, database, databaseCpu } = bench;
  const server = by === 'betterAuth' ? by : 'countersign';
  await load.run('prepare', { job, input: { server, clients, seconds, url: hello.url, database } });
  const measured = bench[by];
  const [before, databaseBefore] = [measured?.cpu(), databaseCpu()];
  const { done, seconds: took, p50, p99 } = await load.run('start', undefined);
  const each = (cpu: number | undefined) => (cpu === undefined ? undefined : cpu / done);
  return {
    perSecond: done / took,
    p50,
    p99,
    cpu: each(spent(before, measured?.cpu())),
    databaseCpu: withoutDatabaseCpu.has(job) ? undefined : each(spent(databaseBefore, databaseCpu())),
  };
}

/** One client at a time, and few people. */
async function countCommits(bench: Bench): Promise<ReadonlyMap<string, number>> {
  const { load, countersign, betterAuth, database } = bench;
  const counted = new Map<string, number>();
  async function count(server: ServerName, { database: own }: Server, jobs: typeof operations): Promise<void> {
    for (const { job } of jobs) {
      const clients = job === 'authtokenLogins' ? 16 : 1;
      await load.run('prepare', { job, input: { server, clients, seconds: 0.05, database, few: true } });
      let done = 1;
      const commits = await commitsIn(own, async () => ({ done } = await load.run('start', undefined)));
      counted.set(`${server} ${job}`, Math.round(commits / done));
    }
  }
  await count('countersign', countersign, operations);
  if (betterAuth) await count('betterAuth', betterAuth, shared);
  return counted;
}
