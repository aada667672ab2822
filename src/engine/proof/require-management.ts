import { success, type Outcome } from '../../base/outcome.ts';
import type { User } from '../../store/users.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';
import { isManageKey, requireManageable } from '../session/manage-key.ts';
import { requireStepUp } from './fresh-proof.ts';

/** Allows a change of a user: to a person with fresh proof, or to a key with `manage` for a plain user. */
export async function requireManagement(
  ctx: RequestContext,
  caller: Caller,
  user: Pick<User, 'roles'>,
): Promise<Outcome<undefined, Reason>> {
  if (isManageKey(caller)) return requireManageable(caller, user);
  const allowed = await requireStepUp(ctx, caller);
  return allowed.ok ? success(undefined) : allowed;
}
