import { timeOrderedHex } from '../../base/random.ts';
import { insertAttempt, type Attempt } from '../../store/attempts.ts';
import type { Logs } from '../policy/merge-policy.ts';
import type { RequestContext } from '../context.ts';
import { readPolicy } from '../policy/read-policy.ts';

/** The facts of an audit event that an operation knows, whatever its outcome. */
export type AttemptFacts = Pick<Attempt, 'action'> &
  Partial<
    Pick<
      Attempt,
      | 'accountId'
      | 'userId'
      | 'authModule'
      | 'factor'
      | 'sessionId'
      | 'providerName'
      | 'authConfigOrigin'
      | 'mfaConfigOrigin'
      | 'objectId'
      | 'detail'
    >
  > & {
    /** The account's choice of what to log, if the operation has read it already. */
    readonly logs?: Logs;
  };

export const logAll: Logs = { failed: true, success: true };

/** The actions of a login. Accounts may choose not to log these. */
export const loginActions: readonly string[] = ['login', 'answer', 'send'];

/**
 * Logs a success, in the transaction of the change it reports. Returns the event's id, also if the account does not log
 * it.
 */
export async function logSuccess(ctx: RequestContext, facts: AttemptFacts): Promise<string> {
  const event = makeAttempt(ctx, facts, null);
  if (await shouldLog(ctx, facts, 'success')) await insertAttempt(ctx.store, event);
  return event.id;
}

/**
 * Logs a refusal. If the audit log cannot be written, the response stays the same and the server's log has the error.
 */
export async function logRefusal(ctx: RequestContext, facts: AttemptFacts, reason: string): Promise<void> {
  try {
    const event = makeAttempt(ctx, facts, reason);
    if (await shouldLog(ctx, facts, 'failed')) await insertAttempt(ctx.store, event);
  } catch (error) {
    ctx.log.error({ err: error, request_id: ctx.client.requestId }, 'audit event not written');
  }
}

/** Accounts may choose not to log logins. If an account's choice cannot be read, its logins are logged. */
async function shouldLog(
  ctx: RequestContext,
  { action, authModule, accountId, logs }: AttemptFacts,
  outcome: Attempt['outcome'],
): Promise<boolean> {
  if (!loginActions.includes(action) || !authModule || !accountId) return true;
  if (logs) return logs[outcome];
  try {
    return (await readPolicy(ctx.store, { authModule, accountId, roles: [] })).logs[outcome];
  } catch (error) {
    ctx.log.error({ err: error, account_id: accountId }, 'log settings of an account not read');
    return true;
  }
}

function makeAttempt(
  { now, random, client }: RequestContext,
  { logs: _logs, ...facts }: AttemptFacts,
  reason: string | null,
): Attempt {
  return {
    id: `${new Date(now).toISOString().slice(0, 7).replace('-', '')}-${timeOrderedHex(random, now)}`,
    at: now,
    accountId: null,
    userId: null,
    authModule: null,
    factor: null,
    sessionId: null,
    providerName: null,
    authConfigOrigin: null,
    mfaConfigOrigin: null,
    objectId: null,
    detail: null,
    ...facts,
    outcome: reason === null ? 'success' : 'failed',
    reason,
    clientIp: client.ip,
    userAgent: client.userAgent,
    requestId: client.requestId,
  };
}
