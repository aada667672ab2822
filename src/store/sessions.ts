import type { ExpressionBuilder, Selectable } from 'kysely';
import { readTexts } from './lists.ts';
import { statement } from './statement.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';
import { openUser, type User } from './users.ts';

/** The result of a login. Access tokens refer to it. Times are milliseconds since the Unix epoch. */
export type Session = {
  readonly id: string;
  readonly userId: string;
  readonly authModule: string;
  readonly epoch: number;
  /** The methods that were proven (RFC 8176). */
  readonly amr: readonly string[];
  /** When a second factor was last proven. */
  readonly secondFactorAt: number | null;
  readonly authTime: number;
  readonly expiresAt: number;
  readonly clientIp: string | null;
  readonly userAgent: string | null;
  /** The OAuth2 client it was created for. */
  readonly clientId: string | null;
};

/** A valid session and its user, read in one statement. */
export type LiveSession = Session & Pick<User, 'accountId' | 'roles'> & { readonly user: User };

const insert = statement((db, row: Omit<Selectable<Tables['sessions']>, 'revoked_at'>) =>
  db.insertInto('sessions').values(row),
);

export async function insertSession({ db }: Store, session: Session): Promise<void> {
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

/**
 * Keeps a session valid after it has changed its user's factors, by moving it to the user's new epoch. All others
 * become void.
 */
export async function carryOver({ db }: Store, session: Session): Promise<boolean> {
  const result = await db
    .updateTable('sessions')
    .set({ epoch: session.epoch, amr: JSON.stringify(session.amr), second_factor_at: session.secondFactorAt })
    .where('id', '=', session.id)
    .where('epoch', '=', session.epoch - 1)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Records that a session's user has just proven a second factor. False: the session is no longer valid. */
export async function stepUpSession(
  { db }: Store,
  { id, userId, epoch, amr }: Pick<Session, 'id' | 'userId' | 'epoch' | 'amr'>,
  now: number,
): Promise<boolean> {
  const result = await db
    .updateTable('sessions')
    .set({ amr: JSON.stringify(amr), second_factor_at: now })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('epoch', '=', epoch)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
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
    ])
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .whereRef('sessions.epoch', '=', 'users.epoch')
    .where((where) => where.or([where('client_id', 'is', null), where.exists(ownClient(where))]));
}

/** A login may write its session just after its client was removed. Such a session is not valid. */
function ownClient(where: ExpressionBuilder<Tables, 'sessions'>) {
  return where.selectFrom('clients').select('clients.id').whereRef('clients.id', '=', 'sessions.client_id');
}

type SessionRow = Selectable<Tables['users']> &
  Omit<Selectable<Tables['sessions']>, 'id' | 'user_id' | 'epoch' | 'revoked_at'> & { readonly session_id: string };

function opened(store: Store, row: SessionRow): LiveSession {
  const user = openUser(store, row);
  return {
    id: row.session_id,
    userId: user.id,
    authModule: row.auth_module,
    epoch: user.epoch,
    amr: readTexts(row.amr),
    secondFactorAt: row.second_factor_at,
    authTime: row.auth_time,
    expiresAt: row.expires_at,
    clientIp: row.client_ip,
    userAgent: row.user_agent,
    clientId: row.client_id,
    accountId: user.accountId,
    roles: user.roles,
    user,
  };
}
