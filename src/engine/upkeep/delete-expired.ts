import { day, hour } from '../../base/clock.ts';
import { deleteExpiredAuthenticators } from '../../store/authenticators.ts';
import { deleteExpiredChallenges } from '../../store/challenges.ts';
import { deleteExpiredSends } from '../../store/sends.ts';
import { deleteExpiredSessions } from '../../store/sessions.ts';
import { deleteExpiredSpentReplies } from '../../store/spent-replies.ts';
import { deleteExpiredUnknownUsers } from '../../store/throttles.ts';
import type { Context } from '../context.ts';

/**
 * Deletes expired rows: challenges, sessions, enrollments, keys, counters of messages, failures of unknown users. A row that
 * marks a response as used is deleted only after the response itself has expired. Returns how many rows were deleted.
 */
export async function deleteExpired({ store, clock }: Context): Promise<number> {
  const now = clock.now();
  const counts = [
    await deleteExpiredChallenges(store, now - hour),
    await deleteExpiredSessions(store, now - hour),
    await deleteExpiredAuthenticators(store, now - hour),
    await deleteExpiredSpentReplies(store, now - hour),
    // The longest window of these counters is a day.
    await deleteExpiredSends(store, now - 2 * day),
    await deleteExpiredUnknownUsers(store, now - 30 * day),
  ];
  return counts.reduce((sum, count) => sum + count, 0);
}
