/** Histories by hand: what somebody saw, line by line. Each thing takes ten milliseconds, and the next one begins after it. */
import type { Got, History, Op, Seen, Sent } from '../history.ts';
import assert from 'node:assert/strict';
import { check } from '../checker/check.ts';

export type Told = Partial<
  Pick<Seen, 'who' | 'node' | 'start' | 'end' | 'outcome' | 'status' | 'code' | 'requestId'>
> & {
  readonly sent?: Sent;
  readonly got?: Got;
};

export type Line = readonly [Op, Told];

/** A history of one person, where the clocks are exact and time goes as it does. */
export function historyOf(...lines: readonly Line[]): History {
  const seen = lines.map(([op, { sent = {}, got = {}, ...told }], at): Seen => {
    const start = told.start ?? at * 100;
    return { op, who: 'ada', node: 0, outcome: 'ok', start, end: start + 10, ...told, sent, got };
  });
  return { seen, speed: 1, spread: 0 };
}

/** Something about which nobody can complain: Ada registers and has an app and recovery codes. */
export const enrolled = (session = 's1') =>
  [
    ['register', { sent: { password: 'p1' }, got: { session, acr: 'aal1' } }],
    ['begin', { sent: { session }, got: { app: 'a1' } }],
    ['confirm', { sent: { session, app: 'a1', proof: code(1) }, got: { codes: ['r1', 'r2'] } }],
  ] as const satisfies readonly Line[];

export const code = (step: number, app = 'a1') => ({ kind: 'totp', app, step }) as const;
export const recovery = (of: string) => ({ kind: 'recovery', code: of }) as const;
export const wrong = { kind: 'wrong', of: 'totp' } as const;

/** A password that leads to a challenge. */
export const entered = (challenge: string, password = 'p1') =>
  ['login', { sent: { password }, got: { challenge, apps: ['a1'] } }] as const;

export const answered = (challenge: string, proof: Sent['proof'], session: string) =>
  ['answer', { sent: { challenge, ...(proof && { proof }) }, got: { session, acr: 'aal2' } }] as const;

/** The rules that a history breaks, each with what is said of it. */
const broken = (history: History) => check(history, []).map(({ rule, what }) => `${rule.split(' ')[0]}: ${what}`);

export const sound = (history: History) => assert.deepEqual(broken(history), []);

export function finds(history: History, ...expected: readonly RegExp[]): void {
  const found = broken(history);
  assert.equal(found.length, expected.length, found.join('\n'));
  for (const [at, pattern] of expected.entries()) assert.match(found[at] ?? '', pattern);
}
