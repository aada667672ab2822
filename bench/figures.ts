import type { Times } from './load.ts';
import type { Measured, Measurement, Rate } from './measure.ts';
import type { Start, Starts } from './starts.ts';
import { median, quantile, range } from './statistics.ts';

/** A median over the rounds, with the least and the most of them. */
export type Figure = { readonly median: number; readonly least: number; readonly most: number };

export type Row = {
  readonly name: string;
  readonly perSecond: Figure;
  /** Milliseconds for each. */
  readonly cpu: Figure | undefined;
  /** What it reaches of another row, formed within each round: of its rate, and of its rate if only CPU counted. */
  readonly compared?: { readonly words: string; readonly rate?: Figure | undefined; readonly cpu: Figure | undefined };
};

export type Figures = {
  readonly rows: readonly Row[];
  readonly starts: readonly StartRow[];
  /** Unknown names to known names with a wrong password; beside it the same to the same, which is what chance does. */
  readonly equalTime: Readonly<
    Record<'median' | 'p95', { readonly ratio: number; readonly chance: readonly number[] }>
  >;
};

export type StartRow = {
  readonly name: string;
  /** Milliseconds, and those of CPU in them. */
  readonly took: Figure;
  readonly cpu: Figure | undefined;
  /** Megabytes at rest. */
  readonly memory: Figure;
};

export function figuresOf({ rates, times }: Measured, starts: Starts): Figures {
  const row = (name: Measurement, words: string, compared?: Row['compared']): Row => ({
    name: words,
    perSecond: figure(rates[name].map(({ perSecond }) => perSecond)),
    cpu: figureOrNone(known(rates[name].map(({ cpu }) => cpu))),
    ...(compared && { compared }),
  });
  const against = (name: Measurement, other: Measurement, words: string) => ({
    words,
    rate: figure(quotients(rates[name], rates[other], ({ perSecond }) => perSecond)),
    cpu: figureOrNone(quotients(rates[other], rates[name], ({ cpu }) => cpu)),
  });
  const share = {
    words: "of a full login's CPU",
    cpu: figureOrNone(quotients(rates.codes, rates.logins, ({ cpu }) => cpu)),
  };
  return {
    rows: [
      row('hashes-1', 'argon2id alone, 1 at a time'),
      row('passwords-1', 'password login, 1 client', against('passwords-1', 'hashes-1', 'of argon2id alone')),
      row('hashes-all', 'argon2id alone, one for each CPU'),
      row('passwords-16', 'password login, 16 clients', against('passwords-16', 'hashes-all', 'of argon2id alone')),
      row('passwords-64', 'password login, 64 clients', against('passwords-64', 'hashes-all', 'of argon2id alone')),
      row('codes', 'second factor, 16 clients', share),
      row('logins', 'full login, 16 clients'),
      row('authtoken', 'authtoken login, 16 clients', against('authtoken', 'logins', 'of a full login')),
      row('hellos', 'hello world, 16 clients'),
      row('sessions', 'session check, 16 clients', against('sessions', 'hellos', 'of hello world')),
    ],
    starts: [
      startRow('from source, new database', starts.first),
      startRow('from source', starts.source),
      startRow('as published', starts.published),
    ],
    equalTime: { median: equal(times, 0.5), p95: equal(times, 0.95) },
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
    cpu: figureOrNone(known(starts.map(({ cpu }) => cpu))),
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

const figureOrNone = (values: readonly number[]) => (values.length > 0 ? figure(values) : undefined);

const known = (values: readonly (number | undefined)[]) => values.filter((value) => value !== undefined);
