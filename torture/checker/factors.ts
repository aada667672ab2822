import type { History, Seen, Violation } from '../history.ts';
import { birthsIn, did, mayHave, settled, surelyHad } from './facts.ts';

const minute = 60_000;

/** I1: nobody is in with two factors who has not proven two, and nobody with one whose second was enrolled. */
export function tooFewFactors(life: readonly Seen[]): readonly Violation[] {
  const rule = 'I1 two factors are two proofs';
  return life.filter(did).flatMap((seen): Violation[] => {
    const { op, sent, got } = seen;
    if (sent.proof?.kind === 'wrong') return [{ rule, what: 'a guess was taken for a code', seen: [seen] }];
    if (got.session === undefined || (op !== 'login' && op !== 'grant' && op !== 'register')) return [];
    const proven = op === 'grant' && sent.proof !== undefined;
    if (got.acr !== 'aal1' && !proven) return [{ rule, what: 'a session with two factors for one', seen: [seen] }];
    const [enrolled] = got.acr === 'aal1' ? surelyHad(life, seen) : [];
    return enrolled ? [{ rule, what: 'a session with one factor for who has two', seen: [enrolled, seen] }] : [];
  });
}

const managing: readonly Seen['op'][] = ['begin', 'confirm', 'remove', 'off', 'renew', 'password'];

/** I5: who has a second factor changes nothing about their factors through a session that has not proven it lately. */
export function tooLittleProof(life: readonly Seen[], { speed, spread }: History): readonly Violation[] {
  const births = birthsIn(life);
  return life
    .filter((seen) => did(seen) && managing.includes(seen.op))
    .flatMap((seen) => {
      const { session } = seen.sent;
      const birth = births.get(session ?? '');
      const [enrolled] = surelyHad(life, seen);
      if (session === undefined || !birth || !enrolled) return [];
      const proofs = life.filter(
        (one) => one !== seen && mayHave(one) && one.start <= seen.end && isProofOf(one, session),
      );
      const last = Math.max(...proofs.map(settled));
      const age = (seen.start - last) * speed;
      if (age <= 15 * minute + spread) return [];
      const what =
        proofs.length === 0
          ? 'without the second factor'
          : `${Math.round(age / minute)} minutes after the second factor`;
      return [
        { rule: 'I5 changes need a fresh second factor', what: `${seen.op} ${what}`, seen: [birth, enrolled, seen] },
      ];
    });
}

/** Whether it proved a second factor in a session, if it happened. */
function isProofOf({ op, sent, got }: Seen, session: string): boolean {
  if (op === 'confirm' || op === 'verify') return sent.session === session;
  return got.session === session && got.acr === 'aal2';
}
