import { minute } from '../base/clock.ts';
import { refuse, success, type Outcome } from '../base/outcome.ts';
import { factors, isKind } from '../factors/index.ts';
import { listForLogin, type Authenticator } from '../store/authenticators.ts';
import type { Context } from './context.ts';
import { secondFactors } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { Caller } from './sessions.ts';

/** How long the proof of a second factor holds for managing factors. */
export const stepUpLife = 15 * minute;

/**
 * Lets a caller change somebody's factors: never a machine's credential, and, when the caller has a second factor, only
 * shortly after they have proven it (RFC 9470). Answers with what the caller has.
 */
export async function requireStepUp(
  ctx: Context,
  caller: Caller,
  now: number,
): Promise<Outcome<readonly Authenticator[], Reason>> {
  if (isKind(caller.authModule) && factors[caller.authModule].traits.unattended) return refuse('unattended');
  const authenticators = await listForLogin(ctx.store, caller.userId, []);
  const fresh = caller.secondFactorAt !== null && now - caller.secondFactorAt <= stepUpLife;
  if (secondFactors(authenticators).length > 0 && !fresh) return refuse('step_up_required');
  return success(authenticators);
}
