import { availableParallelism } from 'node:os';
import type { Times } from './load.ts';
import type { Load, Running } from './processes.ts';

export type Rate = {
  readonly perSecond: number;
  /** Milliseconds of CPU for each, of the process that did it; undefined where the system does not say. */
  readonly cpu: number | undefined;
};

/** What was measured, once for each round. */
export type Measured = {
  readonly rates: Readonly<Record<Measurement, readonly Rate[]>>;
  readonly times: readonly Times[];
};

/** A round goes through these in this order, so that what is compared is measured side by side. `by` is whose CPU counts. */
const measurements = {
  'hashes-1': { job: 'hashes', by: 'load', clients: 1 },
  'passwords-1': { job: 'passwordLogins', by: 'house', clients: 1 },
  'hashes-all': { job: 'hashes', by: 'load', clients: availableParallelism() },
  'passwords-16': { job: 'passwordLogins', by: 'house', clients: 16 },
  'passwords-64': { job: 'passwordLogins', by: 'house', clients: 64 },
  codes: { job: 'secondFactors', by: 'house', clients: 16 },
  logins: { job: 'fullLogins', by: 'house', clients: 16 },
  authtoken: { job: 'authtokenLogins', by: 'house', clients: 16 },
  hellos: { job: 'hellos', by: 'hello', clients: 16 },
  sessions: { job: 'sessionChecks', by: 'house', clients: 16 },
} as const;

export type Measurement = keyof typeof measurements;

const names = Object.keys(measurements) as readonly Measurement[];

/** Each costs a hash to make, and those with an app two more in each round. */
const people = { plain: 256, apps: 200 };
/** Of four wrong logins each, in a round. */
const cycles = 50;

export type Bench = {
  readonly house: Running;
  readonly hello: Running;
  readonly load: Load;
  /** For each timed measurement. */
  readonly seconds: number;
  readonly rounds: number;
  readonly tell: (progress: string) => void;
};

export async function measure(bench: Bench): Promise<Measured> {
  const { house, load, rounds, tell } = bench;
  tell('making people');
  await load.run('prepare', { url: house.url, ...people });
  await warmUp(bench);
  const measured: { [Name in Measurement]?: Rate[] } = {};
  const times: Times[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const name of names) {
      const rate = await measureOne(bench, name);
      (measured[name] ??= []).push(rate);
      tell(`round ${round} of ${rounds}: ${name} ${rate.perSecond.toFixed(0)}/s`);
    }
    times.push(await load.run('equalTime', { cycles }));
  }
  const rates = Object.fromEntries(names.map((name) => [name, measured[name] ?? []])) as Record<Measurement, Rate[]>;
  return { rates, times };
}

/** The first thousands of requests are slower, and no round should pay for that. */
async function warmUp({ hello, load, tell }: Bench): Promise<void> {
  tell('warming up');
  await load.run('passwordLogins', { clients: 16, seconds: 1 });
  await load.run('hellos', { clients: 16, seconds: 2, url: hello.url });
  await load.run('sessionChecks', { clients: 16, seconds: 2 });
  await load.run('equalTime', { cycles: 3 });
}

async function measureOne(bench: Bench, name: Measurement): Promise<Rate> {
  const { hello, load, seconds } = bench;
  const { job, by, clients } = measurements[name];
  if (job === 'secondFactors') await load.run('challenges', undefined);
  const process = bench[by];
  const before = process.cpu();
  // Each job takes of these what it knows.
  const counted = await load.run(job, { clients, seconds, url: hello.url });
  const after = process.cpu();
  const cpu = before === undefined || after === undefined ? undefined : ((after - before) * 1000) / counted.done;
  return { perSecond: counted.done / counted.seconds, cpu };
}
