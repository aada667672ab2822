import { success, type Outcome } from '../../base/outcome.ts';
import { resetAllThrottles } from '../../store/throttles.ts';
import type { RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import { findNamed, type Named } from './find-user.ts';

/** Resets a user's failures, which unlocks all their factors. Returns how many kinds of factor had failures. */
export async function unlock(ctx: RequestContext, named: Named): Promise<Outcome<number, Reason>> {
  const user = await findNamed(ctx, named);
  if (!user.ok) return user;
  const { id: userId, accountId } = user.value;
  const forgotten = await resetAllThrottles(ctx.store, userId);
  await logSuccess(ctx, { action: 'operator.unlock', userId, accountId });
  return success(forgotten);
}
