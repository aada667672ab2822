import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { listLiveSessions, revokeSession, type LiveSession } from '../../store/sessions.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from './authenticate.ts';

/** The caller's valid sessions, the newest first. */
export async function listSessions(ctx: RequestContext, caller: Caller): Promise<readonly LiveSession[]> {
  return listLiveSessions(ctx.store, caller.userId, ctx.now);
}

/** Ends a session of the caller. Its tokens are void from then on. */
export async function endSession(
  ctx: RequestContext,
  caller: Caller,
  sessionId: string,
): Promise<Outcome<undefined, Reason>> {
  const { now } = ctx;
  return withTransaction(ctx, async (tx) => {
    if (!(await revokeSession(tx.store, caller.userId, sessionId, now))) return refuse('not_found');
    const { userId, accountId } = caller;
    await logSuccess(tx, { action: 'session.end', userId, accountId, sessionId });
    return success(undefined);
  });
}
