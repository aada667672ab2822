import { timeOrderedHex } from '../../base/random.ts';
import { insertAttempt, type Attempt } from '../../store/attempts.ts';
import type { Logs } from '../policy/merge-policy.ts';
import type { RequestContext } from '../context.ts';
import { readPolicy } from '../policy/read-policy.ts';

/** What one operation knows of its attempt, whatever its end. */
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
    /** What the account wants written down, where that was read already. */
    readonly logs?: Logs;
  };

/** What an account that says nothing wants written down. */
export const everything: Logs = { failed: true, success: true };

/** What belongs to a login, and what accounts may choose not to log. */
export const loginActions: readonly string[] = ['login', 'answer', 'send'];

/** Writes a success in the transaction that makes it true, if it is to be written. Answers with the attempt's id. */
export async function logSuccess(ctx: RequestContext, tried: AttemptFacts): Promise<string> {
  const made = attempt(ctx, tried, null);
  if (await isWanted(ctx, tried, 'success')) await insertAttempt(ctx.store, made);
  return made.id;
}

/** Writes a refusal, if it is to be written. A log that cannot be written changes no answer; the fault goes to the operator. */
export async function logRefusal(ctx: RequestContext, tried: AttemptFacts, reason: string): Promise<void> {
  try {
    const made = attempt(ctx, tried, reason);
    if (await isWanted(ctx, tried, 'failed')) await insertAttempt(ctx.store, made);
  } catch (error) {
    ctx.log.error({ err: error, request_id: ctx.client.requestId }, 'an attempt could not be logged');
  }
}

/** Of a login the account says it. When that can't be read, it is written. */
async function isWanted(
  ctx: RequestContext,
  { action, authModule, accountId, logs }: AttemptFacts,
  outcome: Attempt['outcome'],
): Promise<boolean> {
  if (!loginActions.includes(action) || !authModule || !accountId) return true;
  if (logs) return logs[outcome];
  try {
    return (await readPolicy(ctx.store, { authModule, accountId })).logs[outcome];
  } catch (error) {
    ctx.log.error({ err: error, account_id: accountId }, 'what an account wants logged could not be read');
    return true;
  }
}

function attempt(
  { now, random, client }: RequestContext,
  { logs: _logs, ...tried }: AttemptFacts,
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
    ...tried,
    outcome: reason === null ? 'success' : 'failed',
    reason,
    clientIp: client.ip,
    userAgent: client.userAgent,
    requestId: client.requestId,
  };
}
