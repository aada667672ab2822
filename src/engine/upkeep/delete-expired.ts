import { day, hour } from '../../base/clock.ts';
import { sweepPending } from '../../store/authenticators.ts';
import { sweepChallenges } from '../../store/challenges.ts';
import { sweepSends } from '../../store/sends.ts';
import { sweepSessions } from '../../store/sessions.ts';
import { sweepSpentReplies } from '../../store/spent-replies.ts';
import { sweepStrangers } from '../../store/throttles.ts';
import type { Context } from '../context.ts';

/**
 * Forgets what can't matter any more: challenges, sessions and enrolments past their end, shares of messages of other days,
 * failures of names that nobody has. Nothing
 * that marks a proof as spent is among it while the proof could still be right: that lives in the authenticator's own state, or has an
 * end. Returns how many rows went.
 */
export async function sweep({ store, clock }: Context): Promise<number> {
  const now = clock.now();
  const gone = [
    await sweepChallenges(store, now - hour),
    await sweepSessions(store, now - hour),
    await sweepPending(store, now - hour),
    await sweepSpentReplies(store, now - hour),
    // A share is by the day, and of the day before it nothing is left.
    await sweepSends(store, now - 2 * day),
    await sweepStrangers(store, now - 30 * day),
  ];
  return gone.reduce((sum, count) => sum + count, 0);
}
