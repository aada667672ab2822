/** Hand-written histories, line by line. Each operation takes ten milliseconds, and the next begins 100 after it. */
import type { Received, History, Op, Observation, Sent } from '../history.ts';
import assert from 'node:assert/strict';
import { check } from '../checker/check.ts';

export type Detail = Partial<
  Pick<Observation, 'who' | 'node' | 'start' | 'end' | 'outcome' | 'status' | 'code' | 'requestId'>
> & {
  readonly sent?: Sent;
  readonly received?: Received;
};

export type Line = readonly [Op, Detail];

/** A history of one person, with exact clocks in real time. */
export function historyOf(...lines: readonly Line[]): History {
  const seen = lines.map(([op, { sent = {}, received = {}, ...detail }], at): Observation => {
    const start = detail.start ?? at * 100;
    return { op, who: 'ada', node: 0, outcome: 'ok', start, end: start + 10, ...detail, sent, received };
  });
  return { seen, speed: 1, maxSkew: 0 };
}

/** A history without violations: Ada registers, and enrolls an app with recovery codes. */
export const enrolled = (session = 's1') =>
  [
    ['register', { sent: { password: 'p1' }, received: { session, acr: 'aal1' } }],
    ['begin', { sent: { session }, received: { app: 'a1' } }],
    ['confirm', { sent: { session, app: 'a1', proof: code(1) }, received: { session, codes: ['r1', 'r2'] } }],
  ] as const satisfies readonly Line[];

export const code = (step: number, app = 'a1') => ({ kind: 'totp', app, step }) as const;
export const recovery = (of: string) => ({ kind: 'recovery', code: of }) as const;
export const wrong = { kind: 'wrong', of: 'totp' } as const;

/** A password that leads to a challenge. */
export const entered = (challenge: string, password = 'p1') =>
  ['login', { sent: { password }, received: { challenge, apps: ['a1'] } }] as const;

export const answered = (challenge: string, proof: Sent['proof'], session: string) =>
  ['answer', { sent: { challenge, ...(proof && { proof }) }, received: { session, acr: 'aal2' } }] as const;

/** The violations in a history: the first word of each rule, and the finding. */
const broken = (history: History) => check(history, []).map(({ rule, what }) => `${rule.split(' ')[0]}: ${what}`);

export const sound = (history: History) => assert.deepEqual(broken(history), []);

export function finds(history: History, ...expected: readonly RegExp[]): void {
  const found = broken(history);
  assert.equal(found.length, expected.length, found.join('\n'));
  for (const [at, pattern] of expected.entries()) assert.match(found[at] ?? '', pattern);
}
