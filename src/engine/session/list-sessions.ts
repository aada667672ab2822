import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { listLiveSessions, revokeSession, revokeSessions, type LiveSession } from '../../store/sessions.ts';
import type { User } from '../../store/users.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess, type AttemptFacts } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from './authenticate.ts';
import { isManageKey } from './manage-key.ts';

/** The valid sessions of a user, the newest first. */
export async function listSessions(
  ctx: RequestContext,
  { userId }: Pick<LiveSession, 'userId'>,
): Promise<readonly LiveSession[]> {
  return listLiveSessions(ctx.store, userId, ctx.now);
}

/** Ends a session of the caller. Its tokens are void from then on. A key with `manage` ends its own session only. */
export async function endSession(
  ctx: RequestContext,
  caller: Caller,
  sessionId: string,
): Promise<Outcome<undefined, Reason>> {
  // Its user is an administrator.
  if (isManageKey(caller) && sessionId !== caller.id) return refuse('unattended');
  return withTransaction(ctx, (tx) => revokeAndLog(tx, caller, { user: caller.user, sessionId }));
}

/** Ends all sessions of the caller's user except the caller's own. A key with `manage` ends none of these. */
export async function endOtherSessions(ctx: RequestContext, caller: Caller): Promise<Outcome<undefined, Reason>> {
  if (isManageKey(caller)) return refuse('unattended');
  return withTransaction(ctx, (tx) => revokeAndLog(tx, caller, { user: caller.user }));
}

/** The sessions of a user that end: the one that is named, or all except the caller's. */
export type EndedSessions = { readonly user: Pick<User, 'id' | 'accountId'>; readonly sessionId?: string | undefined };

/** Ends sessions in the caller's transaction, and logs who ended them. */
export async function revokeAndLog(
  tx: RequestContext,
  caller: Caller,
  { user: { id: userId, accountId }, sessionId }: EndedSessions,
): Promise<Outcome<undefined, Reason>> {
  const { store, now } = tx;
  // The administrator's own logins may be missing in the log.
  const detail = userId === caller.userId ? null : `by user ${caller.userId}`;
  const facts = { userId, accountId, sessionId: caller.id, detail } satisfies Partial<AttemptFacts>;
  if (sessionId === undefined) {
    await revokeSessions(store, userId, caller.id, now);
    await logSuccess(tx, { ...facts, action: 'session.end_all' });
    return success(undefined);
  }
  if (!(await revokeSession(store, userId, sessionId, now))) return refuse('not_found');
  await logSuccess(tx, { ...facts, action: 'session.end', objectId: sessionId });
  return success(undefined);
}
