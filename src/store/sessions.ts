import type { ExpressionBuilder, Selectable } from 'kysely';
import { z } from 'zod';
import { isActive } from './is-active.ts';
import { readTexts } from './lists.ts';
import { statement } from './statement.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';
import { isUsable } from './usable-key.ts';
import { openUser, type User, type UserRow } from './users.ts';

/** The proof of a session or of one of its tokens. Times are milliseconds since the Unix epoch. */
export type Assurance = {
  /** Grows with every step-up and enrollment of the session. */
  readonly generation: number;
  /** The methods that were proven (RFC 8176). */
  readonly amr: readonly string[];
  /** When a first factor was last proven. */
  readonly authTime: number;
  /** When a second factor was last proven. */
  readonly secondFactorAt: number | null;
};

const raisedToken = z.strictObject({
  tokenId: z.string(),
  generation: z.int(),
  amr: z.array(z.string()),
  authTime: z.int(),
  secondFactorAt: z.int().nullable(),
});

/** The access token, by its `jti`, that an enrollment raised in place, and what it proves since then. */
export type RaisedToken = Readonly<z.infer<typeof raisedToken>>;

/** The result of a login, with the assurance of its newest generation. Access tokens refer to it. */
export type Session = Assurance & {
  readonly id: string;
  readonly userId: string;
  readonly authModule: string;
  readonly epoch: number;
  readonly expiresAt: number;
  readonly clientIp: string | null;
  readonly userAgent: string | null;
  /** The OAuth2 client it was created for, and the scope it got. */
  readonly clientId: string | null;
  readonly scope: string | null;
  /** The key that opened it and that it ends with; null: another credential, or a key without an end. */
  readonly keyId: string | null;
  /** Access tokens, and refresh tokens, of earlier generations are void. */
  readonly generationFrom: number;
  readonly refreshFrom: number;
  readonly raised: RaisedToken | null;
  /**
   * The kinds of second factor that were proven, or that a recovery code replaced. Null for sessions of version 0.1.0.
   */
  readonly secondKinds: readonly string[] | null;
};

/** A valid session and its user, read in one statement. */
export type LiveSession = Session &
  Pick<User, 'accountId' | 'roles'> & {
    readonly user: User;
    /** The scope of its key, as it is now. */
    readonly keyScope: string | null;
  };

/** A session begins with its first generation, which the columns have by default. */
export type FirstGeneration = Omit<Session, 'generation' | 'generationFrom' | 'refreshFrom' | 'raised'>;

type NewSessionRow = Omit<
  Selectable<Tables['sessions']>,
  'revoked_at' | 'generation' | 'generation_from' | 'refresh_from' | 'first_factor_at' | 'raised'
>;

const insert = statement((db, row: NewSessionRow) => db.insertInto('sessions').values(row));

export async function insertSession({ db }: Store, session: FirstGeneration): Promise<void> {
  await insert(db, {
    id: session.id,
    user_id: session.userId,
    auth_module: session.authModule,
    epoch: session.epoch,
    amr: JSON.stringify(session.amr),
    second_factor_at: session.secondFactorAt,
    auth_time: session.authTime,
    expires_at: session.expiresAt,
    client_ip: session.clientIp,
    user_agent: session.userAgent,
    client_id: session.clientId,
    scope: session.scope,
    key_id: session.keyId,
    second_kinds: session.secondKinds && JSON.stringify(session.secondKinds),
  });
}

const find = statement((db, given: { id: string; now: number }) =>
  selectLive(db, given.now).where('sessions.id', '=', given.id),
);

export async function findLiveSession(store: Store, id: string, now: number): Promise<LiveSession | undefined> {
  const { rows } = await find(store.db, { id, now });
  return rows[0] && opened(store, rows[0]);
}

export async function listLiveSessions(store: Store, userId: string, now: number): Promise<readonly LiveSession[]> {
  const rows = await selectLive(store.db, now)
    .where('sessions.user_id', '=', userId)
    .orderBy('sessions.id', 'desc')
    .execute();
  return rows.map((row) => opened(store, row));
}

/** Revokes a session of a user. False: the user has no such valid session. */
export async function revokeSession({ db }: Store, userId: string, id: string, now: number): Promise<boolean> {
  const result = await db
    .updateTable('sessions')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Revokes all valid sessions of a user except one. */
export async function revokeSessions({ db }: Store, userId: string, except: string, now: number): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ revoked_at: now })
    .where('user_id', '=', userId)
    .where('id', '!=', except)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .execute();
}

export async function deleteExpiredSessions({ db }: Store, before: number): Promise<number> {
  const result = await db.deleteFrom('sessions').where('expires_at', '<=', before).executeTakeFirst();
  return Number(result.numDeletedRows);
}

/**
 * The number of valid sessions that began before an instant. `refreshed`: include those of OAuth2 clients, which may be
 * refreshed.
 */
export async function countSessionsBefore(
  { db }: Store,
  before: number,
  refreshed: boolean,
  now: number,
): Promise<number> {
  const live = selectLive(db, now).where('auth_time', '<', before);
  const counted = refreshed ? live : live.where('client_id', 'is', null);
  const { count } = await db
    .selectFrom(counted.as('live'))
    .select((of) => of.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

function selectLive(db: Store['db'], now: number) {
  return db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .selectAll('users')
    .select((of) => of.lit(1).as('active'))
    .select([
      'sessions.id as session_id',
      'auth_module',
      'amr',
      'second_factor_at',
      'auth_time',
      'expires_at',
      'client_ip',
      'user_agent',
      'client_id',
      'scope',
      'key_id',
      'generation',
      'generation_from',
      'refresh_from',
      'first_factor_at',
      'raised',
      'second_kinds',
    ])
    .select((of) => ownKey(of).select('authenticators.scope').as('key_scope'))
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .whereRef('sessions.epoch', '=', 'users.epoch')
    .where(isActive)
    .where((where) => where.or([where('client_id', 'is', null), where.exists(ownClient(where))]))
    .where((where) => where.or([where('key_id', 'is', null), where.exists(usableKey(where, now))]));
}

/** A login may write its session just after its client was removed. Such a session is not valid. */
function ownClient(where: ExpressionBuilder<Tables, 'sessions'>) {
  return where.selectFrom('clients').select('clients.id').whereRef('clients.id', '=', 'sessions.client_id');
}

/** The key that a session ends with. */
function ownKey(where: ExpressionBuilder<Tables, 'sessions'>) {
  return where.selectFrom('authenticators').whereRef('authenticators.id', '=', 'sessions.key_id');
}

function usableKey(where: ExpressionBuilder<Tables, 'sessions'>, now: number) {
  return ownKey(where)
    .select('authenticators.id')
    .where((key) => isUsable(key, now));
}

type SessionRow = UserRow &
  Omit<Selectable<Tables['sessions']>, 'id' | 'user_id' | 'epoch' | 'revoked_at'> & {
    readonly session_id: string;
    readonly key_scope: string | null;
  };

function opened(store: Store, row: SessionRow): LiveSession {
  const user = openUser(store, row);
  return {
    id: row.session_id,
    userId: user.id,
    authModule: row.auth_module,
    epoch: user.epoch,
    amr: readTexts(row.amr),
    secondFactorAt: row.second_factor_at,
    authTime: row.first_factor_at ?? row.auth_time,
    expiresAt: row.expires_at,
    clientIp: row.client_ip,
    userAgent: row.user_agent,
    clientId: row.client_id,
    scope: row.scope,
    keyId: row.key_id,
    keyScope: row.key_scope,
    generation: row.generation,
    generationFrom: row.generation_from,
    refreshFrom: row.refresh_from,
    secondKinds: row.second_kinds === null ? null : readTexts(row.second_kinds),
    raised: row.raised === null ? null : raisedToken.parse(JSON.parse(row.raised)),
    accountId: user.accountId,
    roles: user.roles,
    user,
  };
}
