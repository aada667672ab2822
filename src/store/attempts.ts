import { sql } from 'kysely';
import { appendToChain, type AttemptRow } from './attempt-chain.ts';
import type { Store } from './store.ts';

/**
 * An audit event: what was tried, its outcome and the reason. It contains no headers, no body and no input of the user.
 */
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
  /** The kind of second factor that was required. */
  readonly providerName: string | null;
  /** The accounts whose security configuration and whose provider applied, or `system`. */
  readonly authConfigOrigin: string | null;
  readonly mfaConfigOrigin: string | null;
  /** The id of the account, provider or client that was created, changed or removed. */
  readonly objectId: string | null;
  /** More about the reason. It never quotes input, which may contain secrets. */
  readonly detail: string | null;
};

/** Appends an event to its chain, in the caller's transaction or else in its own. */
export async function insertAttempt(store: Store, attempt: Attempt): Promise<void> {
  const row = {
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
  };
  if (store.db.isTransaction) await appendToChain(store, row);
  else await store.db.transaction().execute((db) => appendToChain({ ...store, db }, row));
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

/** A user's events, the newest first. */
export async function listAttempts({ db }: Store, userId: string, limit: number): Promise<readonly Attempt[]> {
  return db
    .selectFrom('attempts')
    .select(columns)
    .where('user_id', '=', userId)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

export type AttemptFilter = {
  readonly accountId: string;
  readonly actions: readonly string[];
  /** Milliseconds since the Unix epoch; `from` is included, `to` is not. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly userId?: string | undefined;
  readonly authModule?: string | undefined;
  readonly outcome?: Attempt['outcome'] | undefined;
};

export type AttemptPage = {
  readonly limit: number;
  /** The first id of the page, which is its newest. */ readonly start?: string | undefined;
};

/**
 * An account's events, the newest first. New events come before pages that were already read, so none is repeated or
 * missed.
 */
export async function findAttempts(
  { db }: Store,
  filter: AttemptFilter,
  { limit, start }: AttemptPage,
): Promise<readonly Attempt[]> {
  const [first, ...others] = searches(db, filter, { limit, start }).map((search) =>
    db.selectFrom(search.as('search')).selectAll(),
  );
  if (!first) return [];
  const found = others.reduce((all, other) => all.unionAll(other), first).as('found');
  return db
    .selectFrom('attempts')
    .select(columns)
    .where('id', 'in', db.selectFrom(found).select('id').orderBy('at', 'desc').orderBy('id', 'desc').limit(limit))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .execute();
}

/**
 * The queries whose union has the newest matching events: one for a user; for an account, one for each action and
 * outcome.
 */
function searches(db: Store['db'], filter: AttemptFilter, { limit, start }: AttemptPage) {
  const { accountId, actions, from, to, userId, authModule, outcome } = filter;
  const newest = db
    .selectFrom('attempts')
    .select(['at', 'id'])
    .$if(start !== undefined, (query) => query.where('id', '<=', start ?? '').where('at', '<=', instantOf(start ?? '')))
    .$if(from !== undefined, (query) => query.where('at', '>=', from ?? 0))
    .$if(to !== undefined, (query) => query.where('at', '<', to ?? 0))
    .$if(authModule !== undefined, (query) => query.where('auth_module', '=', authModule ?? ''))
    // Sorting by `id` alone gives the same order, but PostgreSQL would then read the events of all accounts.
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit);
  const outcomes = outcome === undefined ? (['success', 'failed'] as const) : [outcome];
  if (userId !== undefined)
    return [
      newest
        .where('user_id', '=', userId)
        // `coalesce` keeps the database from using the index on accounts: the index on users is the smaller one.
        .where((where) => where(where.fn.coalesce('account_id', sql.lit('')), '=', accountId))
        .where('action', 'in', actions)
        .where('outcome', 'in', outcomes),
    ];
  // One query for each action and outcome, so that rare events are found without reading the frequent ones.
  return actions.flatMap((action) =>
    outcomes.map((ended) =>
      newest.where('account_id', '=', accountId).where('action', '=', action).where('outcome', '=', ended),
    ),
  );
}

/** When an event was written, in milliseconds since the Unix epoch, read from its id. */
const instantOf = (id: string) => Number.parseInt(id.slice('YYYYMM-'.length).slice(0, 12), 16);

/** An event of an account, if its action is one of these. */
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

export type LogFilter = Pick<AttemptFilter, 'from' | 'to'> & { readonly accountId?: string | undefined };

/** Rows with all their columns, the oldest first, after an id. */
export async function readLog(
  { db }: Store,
  { accountId, from, to }: LogFilter,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly AttemptRow[]> {
  return db
    .selectFrom('attempts')
    .selectAll()
    .where('id', '>', after)
    .$if(accountId !== undefined, (query) => query.where('account_id', '=', accountId ?? ''))
    .$if(from !== undefined, (query) => query.where('at', '>=', from ?? 0))
    .$if(to !== undefined, (query) => query.where('at', '<', to ?? 0))
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** When the newest event was written, in milliseconds since the Unix epoch. */
export async function newestAttemptAt({ db }: Pick<Store, 'db'>): Promise<number | undefined> {
  const row = await db
    .selectFrom('attempts')
    .select((select) => select.fn.max('at').as('at'))
    .executeTakeFirst();
  return row?.at ?? undefined;
}
