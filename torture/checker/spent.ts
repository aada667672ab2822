import type { Observation, Violation } from '../history.ts';
import { did, spentIn, keyOf } from './facts.ts';

/** I2: a single-use proof is accepted once. */
export function spentTwice(seen: readonly Observation[]): readonly Violation[] {
  const uses = new Map<string, Observation[]>();
  for (const one of seen.filter(did)) {
    for (const word of spendings(one)) {
      const before = uses.get(word);
      if (before) before.push(one);
      else uses.set(word, [one]);
    }
  }
  return [...uses]
    .filter(([, all]) => all.length > 1)
    .map(([word, all]) => ({
      rule: 'I2 proofs are used once',
      what: `accepted ${all.length} times: ${word}`,
      seen: all,
    }));
}

function spendings(one: Observation): readonly string[] {
  const { op, sent, received } = one;
  const proof = spentIn(one);
  const words = [
    proof && keyOf(proof),
    (op === 'answer' || op === 'verify') && sent.challenge !== undefined ? `challenge ${sent.challenge}` : undefined,
    op === 'confirm' && sent.app !== 'email' ? `enrollment ${sent.app}` : undefined,
    sent.refresh === undefined ? undefined : `refresh token ${sent.refresh}`,
    sent.assertion === undefined ? undefined : `redeemed ${sent.assertion}`,
    received.assertion === undefined ? undefined : `assertion ${received.assertion}`,
  ];
  return words.filter((word) => word !== undefined);
}

/** I6: a code whose message names an action approves this action, and a code of a login or an enrollment approves none. */
export function answersAnother(seen: readonly Observation[]): readonly Violation[] {
  return seen.filter(did).flatMap((one) => {
    const proof = spentIn(one);
    if (proof?.kind !== 'email' || proof.action === one.sent.action) return [];
    const what = `the code for ${proof.action ?? 'a login'} was accepted for ${one.sent.action ?? one.op}`;
    return [{ rule: 'I6 codes answer their own question', what, seen: [one] }];
  });
}

/** I3: the accepted steps of an app grow. */
export function stepsBack(seen: readonly Observation[]): readonly Violation[] {
  const byApp = Map.groupBy(
    seen.flatMap((one) => {
      const proof = spentIn(one);
      return proof?.kind === 'totp' ? [{ one, ...proof }] : [];
    }),
    ({ app }) => app,
  );
  return [...byApp.values()].flatMap((uses) => {
    const sorted = uses.toSorted((a, b) => a.one.end - b.one.end);
    return sorted.flatMap((later, at) => {
      // I2 finds the same step twice.
      const earlier = sorted.slice(0, at).find((other) => other.step > later.step && other.one.end < later.one.start);
      const what = `the code of step ${later.step} was accepted after one of step ${earlier?.step}`;
      return earlier ? [{ rule: 'I3 steps grow', what, seen: [earlier.one, later.one] }] : [];
    });
  });
}
