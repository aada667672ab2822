import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { listLiveSessions, revokeSession, type LiveSession } from '../../store/sessions.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from './authenticate.ts';
import { isManageKey } from './manage-key.ts';

/** The caller's valid sessions, the newest first. */
export async function listSessions(ctx: RequestContext, caller: Caller): Promise<readonly LiveSession[]> {
  return listLiveSessions(ctx.store, caller.userId, ctx.now);
}

/** Ends a session of the caller. Its tokens are void from then on. A key with `manage` ends its own session only. */
export async function endSession(
  ctx: RequestContext,
  caller: Caller,
  sessionId: string,
): Promise<Outcome<undefined, Reason>> {
  const { now } = ctx;
  // Its user is an administrator.
  if (isManageKey(caller) && sessionId !== caller.id) return refuse('unattended');
  return withTransaction(ctx, async (tx) => {
    if (!(await revokeSession(tx.store, caller.userId, sessionId, now))) return refuse('not_found');
    const { userId, accountId } = caller;
    await logSuccess(tx, { action: 'session.end', userId, accountId, sessionId });
    return success(undefined);
  });
}
