import type { History, Observation, Violation } from '../history.ts';
import { sessionStartsIn, did, mayHave, settled, surelyHad } from './facts.ts';

const minute = 60_000;

/** I1: a session with two factors took two proofs, and a user with an enrolled second factor gets no session with one. */
export function tooFewFactors(timeline: readonly Observation[]): readonly Violation[] {
  const rule = 'I1 two factors are two proofs';
  return timeline.filter(did).flatMap((seen): Violation[] => {
    const { op, sent, received } = seen;
    if (sent.proof?.kind === 'wrong') return [{ rule, what: 'a guess was accepted as a code', seen: [seen] }];
    if (received.session === undefined || (op !== 'login' && op !== 'grant' && op !== 'register')) return [];
    const proven = op === 'grant' && sent.proof !== undefined;
    if (received.acr !== 'aal1' && !proven) return [{ rule, what: 'a session with two factors for one', seen: [seen] }];
    const [enrolled] = received.acr === 'aal1' ? surelyHad(timeline, seen) : [];
    return enrolled ? [{ rule, what: 'a session with one factor for a user with two', seen: [enrolled, seen] }] : [];
  });
}

const managing: readonly Observation['op'][] = ['begin', 'confirm', 'remove', 'off', 'renew', 'password'];

/** I5: a user with a second factor changes factors only through a session that has proven it within 15 minutes. */
export function tooLittleProof(timeline: readonly Observation[], { speed, maxSkew }: History): readonly Violation[] {
  const sessionStarts = sessionStartsIn(timeline);
  return timeline
    .filter((seen) => did(seen) && managing.includes(seen.op))
    .flatMap((seen) => {
      const { session, generation = Number.POSITIVE_INFINITY } = seen.sent;
      const sessionStart = sessionStarts.get(session ?? '');
      const [enrolled] = surelyHad(timeline, seen);
      if (session === undefined || !sessionStart || !enrolled) return [];
      const proofs = timeline.filter(
        (one) => one !== seen && mayHave(one) && one.start <= seen.end && isProofOf(one, { session, generation }),
      );
      const last = Math.max(...proofs.map(settled));
      const age = (seen.start - last) * speed;
      if (age <= 15 * minute + maxSkew) return [];
      const what =
        proofs.length === 0
          ? 'without the second factor'
          : `${Math.round(age / minute)} minutes after the second factor`;
      return [
        {
          rule: 'I5 changes need a fresh second factor',
          what: `${seen.op} ${what}`,
          seen: [sessionStart, enrolled, seen],
        },
      ];
    });
}

type OfToken = { readonly session: string; readonly generation: number };

/** Whether a token of a session and generation can rest on its proof of a second factor, if it took effect. */
function isProofOf({ op, sent, received }: Observation, { session, generation }: OfToken): boolean {
  // `/mfa` raises the very token that completes an enrollment.
  if (op === 'confirm' && sent.app === 'email' && sent.session === session) return true;
  // Refreshing renews nothing. The tokens of an answer that was lost were never used.
  if (received.session !== session || op === 'refresh' || (received.generation ?? 0) > generation) return false;
  if (op === 'confirm' || op === 'verify') return true;
  // A code by e-mail proves a second factor, and leaves the session at aal1.
  return received.acr === 'aal2' || op === 'answer' || sent.proof?.kind === 'email';
}
