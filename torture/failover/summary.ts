import type { Seen, Violation } from '../history.ts';

/** Something that befell the databases, and when: milliseconds by the clock of those who ask. */
export type Blow = {
  readonly name: string;
  readonly struck: number;
  /** When people were led to a database that could answer again. */
  mended: number;
};

export type Told = {
  readonly name: string;
  /** Milliseconds from the blow until it was mended, and until the first login was asked for and done; the longest that one waited for any answer meanwhile. */
  readonly mended: number;
  readonly login: number;
  readonly longest: number;
  /** How much was asked from the blow to that login, and how much of it came to nothing. */
  readonly asked: number;
  readonly unknown: number;
};

const logins: readonly Seen['op'][] = ['login', 'answer', 'grant'];

export function toldOf({ name, struck, mended }: Blow, seen: readonly Seen[]): Told {
  const login = Math.min(
    ...seen
      .filter(({ op, outcome, end }) => outcome === 'ok' && logins.includes(op) && end > mended)
      .map(({ end }) => end),
  );
  const during = seen.filter(({ start, end }) => end >= struck && start <= login);
  return {
    name,
    mended: mended - struck,
    login: login - struck,
    longest: Math.max(...during.map(({ start, end }) => end - start)),
    asked: during.length,
    unknown: during.filter(({ outcome }) => outcome === 'unknown').length,
  };
}

/** The servers are up all the time, so whoever asks one is answered. */
export function unanswered(seen: readonly Seen[]): readonly Violation[] {
  return seen
    .filter(({ status }) => status === undefined)
    .map((one) => ({ rule: 'every question is answered', what: 'nobody answered', seen: [one] }));
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`.padStart(9);

export function linesOf(all: readonly Told[]): string {
  const head = `  ${'blow'.padEnd(28)} ${['mended', 'login', 'longest', 'asked', 'unknown'].map((text) => text.padStart(9)).join(' ')}`;
  const lines = all.map(
    ({ name, mended, login, longest, asked, unknown }) =>
      `  ${name.padEnd(28)} ${seconds(mended)} ${seconds(login)} ${seconds(longest)} ${String(asked).padStart(9)} ${String(unknown).padStart(9)}`,
  );
  return [head, ...lines].join('\n');
}
