import { timeOrderedHex } from '../base/random.ts';
import { insertAttempt, type Attempt } from '../store/attempts.ts';
import type { Store } from '../store/store.ts';
import type { Client, Context } from './context.ts';

/** What one operation knows of its attempt, whatever its end. */
export type Tried = Pick<Attempt, 'action'> &
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
  >;

/** Writes a success in the transaction that makes it true. Answers with the attempt's id. */
export async function logSuccess(ctx: Context, tx: Store, tried: Tried, client: Client, now: number): Promise<string> {
  const made = attempt(ctx, tried, client, now, null);
  await insertAttempt(tx, made);
  return made.id;
}

/** Writes a refusal. A log that cannot be written changes no answer; the fault goes to the operator. */
export async function logRefusal(
  ctx: Context,
  tried: Tried,
  reason: string,
  client: Client,
  now: number,
): Promise<void> {
  try {
    await insertAttempt(ctx.store, attempt(ctx, tried, client, now, reason));
  } catch (error) {
    ctx.log.error({ err: error, request_id: client.requestId }, 'an attempt could not be logged');
  }
}

function attempt(ctx: Context, tried: Tried, client: Client, now: number, reason: string | null): Attempt {
  return {
    id: `${new Date(now).toISOString().slice(0, 7).replace('-', '')}-${timeOrderedHex(ctx.random, now)}`,
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
