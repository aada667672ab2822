import { refuse, type Outcome } from '../../base/outcome.ts';
import { lockPlainUser } from '../../store/list-users.ts';
import type { User } from '../../store/users.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { requireManagement } from '../proof/require-management.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';
import { endOtherSessions, endSession, revokeAndLog } from '../session/list-sessions.ts';
import { isManageKey } from '../session/manage-key.ts';

/**
 * Ends a session of a user that the caller reaches, or all of them except the caller's. Those of others need fresh
 * proof, or a key with `manage` for a plain user.
 */
export async function endSessionsOf(
  ctx: RequestContext,
  caller: Caller,
  { user, sessionId }: { readonly user: User; readonly sessionId?: string },
): Promise<Outcome<undefined, Reason>> {
  if (user.id === caller.userId)
    return sessionId === undefined ? endOtherSessions(ctx, caller) : endSession(ctx, caller, sessionId);
  const allowed = await requireManagement(ctx, caller, user);
  if (!allowed.ok) return allowed;
  return withTransaction(ctx, async (tx) => {
    if (isManageKey(caller) && !(await lockPlainUser(tx.store, user.id))) return refuse('unattended');
    return revokeAndLog(tx, caller, { user, sessionId });
  });
}
