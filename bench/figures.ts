import type { Times } from './equal-time.ts';
import type { JobName } from './jobs.ts';
import type { Measured, Rate } from './measure.ts';
import { keyOf, limitOf, operations, type Flavour, type Step } from './plan.ts';
import type { Start, Starts } from './starts.ts';
import { median, quantile, range } from '../kit/statistics.ts';

/** The median of the rounds, with the least and the most. */
export type Figure = { readonly median: number; readonly least: number; readonly most: number };

export type Row = Pick<Step, 'by' | 'job' | 'clients'> & {
  readonly perSecond: Figure;
  /** Milliseconds. */
  readonly p50: Figure;
  readonly p99: Figure;
  /** Milliseconds per operation: of the server, and of the database's own processes. */
  readonly cpu: Figure | undefined;
  readonly databaseCpu: Figure | undefined;
  /** CPUs that the server used on average. */
  readonly busy: Figure | undefined;
  /** Writing transactions per operation. */
  readonly commits: number | undefined;
  /** Its share of the limit, computed in each round: of its rate, and of its rate if only CPU counted. */
  readonly limit?: Ratios & { readonly job: JobName };
  /** Countersign's figures divided by Better Auth's, with the CPU of server and database together. */
  readonly toBetterAuth?: Ratios;
};

export type Ratios = { readonly rate: Figure; readonly cpu: Figure | undefined };

export type Figures = {
  readonly flavour: Flavour;
  readonly rows: readonly Row[];
  readonly starts: readonly StartRow[];
  /** Unknown names divided by known names with a wrong password; `chance` is each divided by itself. */
  readonly equalTime: Readonly<
    Record<'median' | 'p95', { readonly ratio: number; readonly chance: readonly number[] }>
  >;
};

export type StartRow = {
  readonly name: string;
  /** Milliseconds, and milliseconds of CPU. */
  readonly took: Figure;
  readonly cpu: Figure | undefined;
  /** Megabytes at rest. */
  readonly memory: Figure;
};

export function figuresOf(flavour: Flavour, measured: Measured, starts: Starts): Figures {
  return {
    flavour,
    rows: measured.steps.map((step) => rowOf(flavour, measured, step)),
    starts: [
      startRow('from source, new database', starts.first),
      startRow('from source', starts.source),
      startRow('as published', starts.published),
    ],
    equalTime: { median: equal(measured.times, 0.5), p95: equal(measured.times, 0.95) },
  };
}

function rowOf(flavour: Flavour, { rates, commits: counted }: Measured, step: Step): Row {
  const { by, job, clients } = step;
  const of = (other: Step) => rates.get(keyOf(other)) ?? [];
  const own = of(step);
  const commits = counted.get(`${by} ${job}`);
  const limit = operations.find((one) => one.job === job)?.limit;
  const bare = limit && of(limitOf(limit, clients, flavour));
  const beside = by === 'countersign' ? of({ ...step, by: 'betterAuth' }) : [];
  // An operation with several commits reaches the limit at a fraction of its rate.
  const times = limit === 'commits' ? (commits ?? 1) : 1;
  return {
    by,
    job,
    clients,
    perSecond: figure(own.map(({ perSecond }) => perSecond)),
    p50: figure(own.map(({ p50 }) => p50)),
    p99: figure(own.map(({ p99 }) => p99)),
    cpu: figureOf(own, ({ cpu }) => cpu),
    databaseCpu: figureOf(own, ({ databaseCpu }) => databaseCpu),
    busy: figureOf(own, ({ cpu, perSecond }) => cpu && (cpu * perSecond) / 1000),
    commits,
    ...(limit &&
      bare && {
        limit: {
          job: limit,
          rate: figure(quotients(own, bare, ({ perSecond }) => perSecond).map((ratio) => ratio * times)),
          cpu: limit === 'commits' ? undefined : figureOrNone(quotients(bare, own, ({ cpu }) => cpu)),
        },
      }),
    ...(beside.length > 0 && {
      toBetterAuth: {
        rate: figure(quotients(own, beside, ({ perSecond }) => perSecond)),
        cpu: figureOrNone(quotients(own, beside, ({ cpu, databaseCpu }) => cpu && cpu + (databaseCpu ?? 0))),
      },
    }),
  };
}

/** One measurement divided by another, round by round. */
function quotients(
  above: readonly Rate[],
  below: readonly Rate[],
  of: (rate: Rate) => number | undefined,
): readonly number[] {
  return known(
    above.map((rate, round) => {
      const [dividend, divisor] = [of(rate), of(below[round] ?? rate)];
      return dividend === undefined || divisor === undefined ? undefined : dividend / divisor;
    }),
  );
}

function startRow(name: string, starts: readonly Start[]): StartRow {
  return {
    name,
    took: figure(starts.map(({ took }) => took)),
    cpu: figureOf(starts, ({ cpu }) => cpu),
    memory: figure(starts.map(({ memory }) => memory)),
  };
}

function equal(rounds: readonly Times[], share: number) {
  const at = (kind: keyof Times) =>
    quantile(
      rounds.flatMap((times) => times[kind]),
      share,
    );
  const both = (one: keyof Times, other: keyof Times) =>
    quantile(
      rounds.flatMap((times) => [...times[one], ...times[other]]),
      share,
    );
  return {
    ratio: both('unknown', 'unknownAgain') / both('wrong', 'wrongAgain'),
    chance: [at('unknown') / at('unknownAgain'), at('wrong') / at('wrongAgain')],
  };
}

export function figure(values: readonly number[]): Figure {
  const [least, most] = range(values);
  return { median: median(values), least, most };
}

const figureOf = <Value>(values: readonly Value[], of: (value: Value) => number | undefined) =>
  figureOrNone(known(values.map(of)));

const figureOrNone = (values: readonly number[]) => (values.length > 0 ? figure(values) : undefined);

const known = (values: readonly (number | undefined)[]) => values.filter((value) => value !== undefined);
