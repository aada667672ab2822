import { sql, type Selectable } from 'kysely';
import { statement } from './statement.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';
import { isUsable } from './usable-key.ts';

/** One user's own instance of a factor (SP 800-63B). */
export type Authenticator = {
  readonly id: string;
  readonly userId: string;
  readonly kind: string;
  readonly label: string | null;
  /** The factor's state, decrypted. The factor parses it. */
  readonly state: unknown;
  readonly status: 'pending' | 'active';
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastUsedAt: number | null;
  /** When a pending enrollment expires, or a key ends, in milliseconds since the Unix epoch. */
  readonly expiresAt: number | null;
  /** `manage`: a key that administers. */
  readonly scope: string | null;
};

export type NewAuthenticator = Pick<Authenticator, 'id' | 'userId' | 'kind' | 'label' | 'state' | 'status'> &
  Partial<Pick<Authenticator, 'expiresAt' | 'scope'>> & {
    readonly lookup?: string | undefined;
    /** The administrator who made a key with a scope. */
    readonly makerId?: string;
  };

export async function insertAuthenticator(store: Store, made: NewAuthenticator, now: number): Promise<void> {
  await insert(store.db, {
    id: made.id,
    user_id: made.userId,
    kind: made.kind,
    label: made.label,
    state: sealed(store, made),
    lookup: made.lookup ?? null,
    status: made.status,
    created_at: now,
    updated_at: now,
    expires_at: made.expiresAt ?? null,
    scope: made.scope ?? null,
    maker_id: made.makerId ?? null,
  });
}

const insert = statement((db, row: Omit<Selectable<Tables['authenticators']>, 'revision' | 'last_used_at'>) =>
  db.insertInto('authenticators').values(row),
);

/** A user's active and pending authenticators that have not ended, the oldest first. */
export async function listAuthenticators(store: Store, userId: string, now: number): Promise<readonly Authenticator[]> {
  const rows = await selectLive(store, userId, now).orderBy('id').execute();
  return rows.map((row) => openAuthenticator(store, row));
}

export async function findAuthenticator(
  store: Store,
  userId: string,
  id: string,
  now: number,
): Promise<Authenticator | undefined> {
  const row = await selectLive(store, userId, now).where('id', '=', id).executeTakeFirst();
  return row && openAuthenticator(store, row);
}

/**
 * Writes the next state of an active authenticator, if its revision is still the one that was verified. False: another
 * request was first.
 */
export async function advance(store: Store, verified: Authenticator, state: unknown, now: number): Promise<boolean> {
  const { id, revision } = verified;
  const updated = await updateState(store.db, { id, revision, state: sealed(store, { ...verified, state }), now });
  return updated.numAffectedRows === 1n;
}

const updateState = statement((db, given: { id: string; revision: number; state: string; now: number }) =>
  db
    .updateTable('authenticators')
    .set({ state: given.state, revision: sql`revision + 1`, updated_at: given.now, last_used_at: given.now })
    .where('id', '=', given.id)
    .where('revision', '=', given.revision)
    .where('status', '=', 'active'),
);

/**
 * Writes a state that follows from no proof, such as one with a new code, if the revision is unchanged. False: another
 * request was first.
 */
export async function replaceState(store: Store, from: Authenticator, state: unknown, now: number): Promise<boolean> {
  const result = await store.db
    .updateTable('authenticators')
    .set({ state: sealed(store, { ...from, state }), revision: sql`revision + 1`, updated_at: now })
    .where('id', '=', from.id)
    .where('revision', '=', from.revision)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Records the use of an authenticator whose state did not change. False: it was removed. */
export async function touch({ db }: Store, id: string, now: number): Promise<boolean> {
  return (await use(db, { id, now })).numAffectedRows === 1n;
}

const use = statement((db, { id, now }: { id: string; now: number }) =>
  db.updateTable('authenticators').set({ last_used_at: now }).where('id', '=', id).where('status', '=', 'active'),
);

/**
 * Activates a pending authenticator with the state after its first proof, and its lookup if the proof provided one.
 * False: it is not pending, or it has expired.
 */
export async function activate(
  store: Store,
  { lookup, ...verified }: Authenticator & Pick<NewAuthenticator, 'lookup'>,
  state: unknown,
  now: number,
): Promise<boolean> {
  const result = await store.db
    .updateTable('authenticators')
    .set({
      state: sealed(store, { ...verified, state }),
      status: 'active',
      revision: sql`revision + 1`,
      updated_at: now,
      last_used_at: now,
      expires_at: null,
      ...(lookup !== undefined && { lookup }),
    })
    .where('id', '=', verified.id)
    .where('status', '=', 'pending')
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function removeAuthenticator({ db }: Store, userId: string, id: string): Promise<boolean> {
  const result = await db
    .deleteFrom('authenticators')
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

export async function removeKinds({ db }: Store, userId: string, kinds: readonly string[]): Promise<void> {
  await db.deleteFrom('authenticators').where('user_id', '=', userId).where('kind', 'in', kinds).execute();
}

export async function removePending({ db }: Store, userId: string, kind: string): Promise<void> {
  await db
    .deleteFrom('authenticators')
    .where('user_id', '=', userId)
    .where('kind', '=', kind)
    .where('status', '=', 'pending')
    .execute();
}

/** Deletes expired enrollments and keys. Returns how many. */
export async function deleteExpiredAuthenticators({ db }: Store, now: number): Promise<number> {
  const result = await db.deleteFrom('authenticators').where('expires_at', '<=', now).executeTakeFirst();
  return Number(result.numDeletedRows);
}

function selectLive({ db }: Store, userId: string, now: number) {
  return db
    .selectFrom('authenticators')
    .selectAll()
    .where('user_id', '=', userId)
    .where((where) => isUsable(where, now));
}

/** Binds a sealed state to its row, user and kind. */
export const statePlace = (row: { id: string; userId: string; kind: string }) =>
  `authenticators.state.${row.id}.${row.userId}.${row.kind}`;

function sealed({ safe }: Store, row: Pick<Authenticator, 'id' | 'userId' | 'kind' | 'state'>): string {
  return safe.seal(statePlace(row), JSON.stringify(row.state));
}

/** Makes an authenticator of a row. */
export function openAuthenticator({ safe }: Store, row: Selectable<Tables['authenticators']>): Authenticator {
  const { id, kind, label, status, revision } = row;
  const userId = row.user_id;
  return {
    id,
    userId,
    kind,
    label,
    status,
    revision,
    state: JSON.parse(safe.open(statePlace({ id, userId, kind }), row.state)),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    scope: row.scope,
  };
}
