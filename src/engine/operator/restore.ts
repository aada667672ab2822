import { success } from '../../base/outcome.ts';
import { newestAttemptAt } from '../../store/attempts.ts';
import { advanceEveryEpoch } from '../../store/users.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';

/**
 * Voids all sessions, challenges and refresh tokens of a restored copy, because some may have ended after it was made.
 * Recovery codes used since then are valid again until their users renew them. Returns the time of the newest audit
 * event, in milliseconds.
 */
export async function voidRestoredSessions(ctx: RequestContext): Promise<number | undefined> {
  const newest = await newestAttemptAt(ctx.store);
  await withTransaction(ctx, async (tx) => {
    await advanceEveryEpoch(tx.store);
    await logSuccess(tx, { action: 'operator.restore' });
    return success(undefined);
  });
  return newest;
}
