import { success } from '../../base/outcome.ts';
import { newestAttemptAt } from '../../store/attempts.ts';
import { advanceEveryEpoch } from '../../store/users.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';

/**
 * A copy of an earlier day knows nothing of what has ended since, so every session, challenge and refresh token in it ends. What was spent it does not
 * know either: codes by their short lives are over before anybody logs in again, and recovery codes are for their owners to renew. Answers with when
 * the newest attempt was made that the copy knows of, in milliseconds since the Unix epoch.
 */
export async function settleRestored(ctx: RequestContext): Promise<number | undefined> {
  const newest = await newestAttemptAt(ctx.store);
  await withTransaction(ctx, async (tx) => {
    await advanceEveryEpoch(tx.store);
    await logSuccess(tx, { action: 'operator.restore' });
    return success(undefined);
  });
  return newest;
}
