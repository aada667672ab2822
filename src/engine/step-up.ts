import { minute } from '../base/clock.ts';
import { refuse, success, type Outcome } from '../base/outcome.ts';
import { factors, isKind } from '../factors/index.ts';
import { listAuthenticators, type Authenticator } from '../store/authenticators.ts';
import { findUser, type User } from '../store/users.ts';
import type { Context } from './context.ts';
import { secondFactors } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { Caller } from './sessions.ts';

/** How long the proof of a second factor holds for managing factors. */
export const stepUpLife = 15 * minute;

/** A caller who may change factors: themself, and what they have, pending enrolments too. */
export type Manager = { readonly user: User; readonly authenticators: readonly Authenticator[] };

/**
 * Lets a caller change somebody's factors: never a machine's credential, and, when the caller has a second factor, only
 * shortly after they have proven it (RFC 9470). The user is read before what they have, so that
 * a change that is made with both of them fails when something else changed in between.
 */
export async function requireStepUp(
  ctx: Context,
  caller: Pick<Caller, 'userId' | 'secondFactorAt' | 'authModule'>,
  now: number,
): Promise<Outcome<Manager, Reason>> {
  const user = await findUser(ctx.store, caller.userId);
  if (!user) return refuse('not_found');
  const authenticators = await listAuthenticators(ctx.store, user.id, now);
  const fresh = caller.secondFactorAt !== null && now - caller.secondFactorAt <= stepUpLife;
  if (secondFactors(authenticators).length > 0 && !fresh) return refuse('step_up_required');
  if (isKind(caller.authModule) && factors[caller.authModule].traits.unattended) return refuse('unattended');
  return success({ user, authenticators });
}
