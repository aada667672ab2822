import type { Selectable } from 'kysely';
import { statement } from './statement.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

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
  /** What was asked for as the second factor. */
  readonly providerName: string | null;
  /** The accounts whose security configuration and whose provider were meant, or `system`. */
  readonly authConfigOrigin: string | null;
  readonly mfaConfigOrigin: string | null;
  /** What was made, changed or removed, where that is no user's. */
  readonly objectId: string | null;
  /** More about the reason, in words of ours: what came from outside may repeat secrets. */
  readonly detail: string | null;
};

const insert = statement((db, row: Selectable<Tables['attempts']>) => db.insertInto('attempts').values(row));

export async function insertAttempt({ db }: Store, attempt: Attempt): Promise<void> {
  await insert(db, {
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
    provider_name: attempt.providerName,
    auth_config_origin: attempt.authConfigOrigin,
    mfa_config_origin: attempt.mfaConfigOrigin,
    object_id: attempt.objectId,
    detail: attempt.detail,
  });
}

const columns = [
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
  'provider_name as providerName',
  'auth_config_origin as authConfigOrigin',
  'mfa_config_origin as mfaConfigOrigin',
  'object_id as objectId',
  'detail',
] as const;

/** A user's newest attempts first. */
export async function listAttempts({ db }: Store, userId: string, limit: number): Promise<readonly Attempt[]> {
  return db
    .selectFrom('attempts')
    .select(columns)
    .where('user_id', '=', userId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

export type AttemptFilter = {
  readonly accountId: string;
  readonly actions: readonly string[];
  /** Instants, the first of them included and the last not. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly userId?: string | undefined;
  readonly authModule?: string | undefined;
  readonly outcome?: Attempt['outcome'] | undefined;
};

export type AttemptPage = {
  readonly limit: number;
  /** The newest id of the page. */ readonly start?: string | undefined;
};

/** An account's attempts, the newest first. New ones come before every page that was begun, so none is seen twice or missed. */
export async function findAttempts(
  { db }: Store,
  filter: AttemptFilter,
  { limit, start }: AttemptPage,
): Promise<readonly Attempt[]> {
  const { accountId, actions, from, to, userId, authModule, outcome } = filter;
  return db
    .selectFrom('attempts')
    .select(columns)
    .where('account_id', '=', accountId)
    .where('action', 'in', actions)
    .$if(start !== undefined, (query) => query.where('id', '<=', start ?? ''))
    .$if(from !== undefined, (query) => query.where('at', '>=', from ?? 0))
    .$if(to !== undefined, (query) => query.where('at', '<', to ?? 0))
    .$if(userId !== undefined, (query) => query.where('user_id', '=', userId ?? ''))
    .$if(authModule !== undefined, (query) => query.where('auth_module', '=', authModule ?? ''))
    .$if(outcome !== undefined, (query) => query.where('outcome', '=', outcome ?? 'failed'))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** One attempt of an account, if it is one of these actions. */
export async function findAttempt(
  { db }: Store,
  { accountId, actions }: Pick<AttemptFilter, 'accountId' | 'actions'>,
  id: string,
): Promise<Attempt | undefined> {
  return db
    .selectFrom('attempts')
    .select(columns)
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('action', 'in', actions)
    .executeTakeFirst();
}
