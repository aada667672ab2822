import { day, hour } from '../../base/clock.ts';
import { deleteExpiredEnrollments } from '../../store/authenticators.ts';
import { deleteExpiredChallenges } from '../../store/challenges.ts';
import { deleteExpiredSends } from '../../store/sends.ts';
import { deleteExpiredSessions } from '../../store/sessions.ts';
import { deleteExpiredSpentReplies } from '../../store/spent-replies.ts';
import { deleteExpiredUnknownUsers } from '../../store/throttles.ts';
import type { Context } from '../context.ts';

/**
 * Forgets what can't matter any more: challenges, sessions and enrolments past their end, shares of messages of other days,
 * failures of names that nobody has. Nothing
 * that marks a proof as spent is among it while the proof could still be right: that lives in the authenticator's own state, or has an
 * end. Returns how many rows went.
 */
export async function deleteExpired({ store, clock }: Context): Promise<number> {
  const now = clock.now();
  const gone = [
    await deleteExpiredChallenges(store, now - hour),
    await deleteExpiredSessions(store, now - hour),
    await deleteExpiredEnrollments(store, now - hour),
    await deleteExpiredSpentReplies(store, now - hour),
    // A share is by the day, and of the day before it nothing is left.
    await deleteExpiredSends(store, now - 2 * day),
    await deleteExpiredUnknownUsers(store, now - 30 * day),
  ];
  return gone.reduce((sum, count) => sum + count, 0);
}
