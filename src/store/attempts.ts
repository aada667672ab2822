import type { Store } from './store.ts';

/** One line of the log: what was tried, how it ended, why. It holds no header, no body and nothing that was typed. */
export type Attempt = {
  /** `YYYYMM-` and 32 hexadecimal digits that sort by time. */
  readonly id: string;
  readonly at: number;
  readonly accountId: string | null;
  readonly userId: string | null;
  readonly action: string;
  readonly authModule: string | null;
  readonly factor: string | null;
  readonly outcome: 'success' | 'failed';
  readonly reason: string | null;
  readonly sessionId: string | null;
  readonly clientIp: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
};

export async function insertAttempt({ db }: Store, attempt: Attempt): Promise<void> {
  await db
    .insertInto('attempts')
    .values({
      id: attempt.id,
      at: attempt.at,
      account_id: attempt.accountId,
      user_id: attempt.userId,
      action: attempt.action,
      auth_module: attempt.authModule,
      factor: attempt.factor,
      outcome: attempt.outcome,
      reason: attempt.reason,
      session_id: attempt.sessionId,
      client_ip: attempt.clientIp,
      user_agent: attempt.userAgent,
      request_id: attempt.requestId,
    })
    .execute();
}

/** A user's newest attempts first. */
export async function listAttempts({ db }: Store, userId: string, limit: number): Promise<readonly Attempt[]> {
  return db
    .selectFrom('attempts')
    .select([
      'id',
      'at',
      'account_id as accountId',
      'user_id as userId',
      'action',
      'auth_module as authModule',
      'factor',
      'outcome',
      'reason',
      'session_id as sessionId',
      'client_ip as clientIp',
      'user_agent as userAgent',
      'request_id as requestId',
    ])
    .where('user_id', '=', userId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}
