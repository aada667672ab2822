import { sql, type Selectable } from 'kysely';
import { kindsWhere } from '../factors/registry.ts';
import { statement } from './statement.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

/** One user's own instance of a factor (SP 800-63B). */
export type Authenticator = {
  readonly id: string;
  readonly userId: string;
  readonly kind: string;
  readonly label: string | null;
  /** The factor's own state, opened; the factor parses it. */
  readonly state: unknown;
  readonly status: 'pending' | 'active';
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastUsedAt: number | null;
};

export type NewAuthenticator = Pick<Authenticator, 'id' | 'userId' | 'kind' | 'label' | 'state' | 'status'> & {
  readonly lookup?: string | undefined;
  /** The end of a pending enrolment, in milliseconds since the Unix epoch. */
  readonly expiresAt?: number | undefined;
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
  });
}

const insert = statement((db, row: Omit<Selectable<Tables['authenticators']>, 'revision' | 'last_used_at'>) =>
  db.insertInto('authenticators').values(row),
);

/** A user's active authenticators and the pending ones that have not run out, oldest first. */
export async function listAuthenticators(store: Store, userId: string, now: number): Promise<readonly Authenticator[]> {
  const rows = await selectLive(store, userId, now).orderBy('id').execute();
  return rows.map((row) => opened(store, row));
}

/**
 * What a login needs to see: the active authenticators, and of first factors that are found by their secret only those whose
 * keyed hash is among `lookups`. So the number of apikeys costs a login nothing.
 */
export async function listForLogin(
  store: Store,
  userId: string,
  lookups: readonly string[],
): Promise<readonly Authenticator[]> {
  const { rows } = await forLogin(store.db, { userId, lookups, kinds: foundSeconds() });
  return rows.map((row) => opened(store, row));
}

/** Second factors that have a lookup too: a login has to know of every one. */
const foundSeconds = () => kindsWhere(({ isFound, traits }) => isFound && traits.roles.includes('second'));

type ForLogin = { userId: string; lookups: readonly string[]; kinds: readonly string[] };

const forLogin = statement((db, { userId, lookups, kinds }: ForLogin) =>
  db
    .selectFrom('authenticators')
    .selectAll()
    .where('user_id', '=', userId)
    .where((where) =>
      where.or([
        where('lookup', 'is', null),
        ...(lookups.length === 0 ? [] : [where('lookup', 'in', lookups)]),
        ...(kinds.length === 0 ? [] : [where('kind', 'in', kinds)]),
      ]),
    )
    .where('status', '=', 'active')
    .orderBy('id'),
);

/** The active authenticator of whatever user that is found by a secret with one of these keyed hashes. */
export async function findByLookup(store: Store, lookups: readonly string[]): Promise<Authenticator | undefined> {
  const row = await store.db
    .selectFrom('authenticators')
    .selectAll()
    .where('lookup', 'in', lookups)
    .where('status', '=', 'active')
    .executeTakeFirst();
  return row && opened(store, row);
}

export async function findAuthenticator(
  store: Store,
  userId: string,
  id: string,
  now: number,
): Promise<Authenticator | undefined> {
  const row = await selectLive(store, userId, now).where('id', '=', id).executeTakeFirst();
  return row && opened(store, row);
}

/** Moves an active authenticator on to its next state, from the revision it was judged at. False: somebody was first. */
export async function advance(store: Store, judged: Authenticator, state: unknown, now: number): Promise<boolean> {
  const { id, revision } = judged;
  const moved = await moveOn(store.db, { id, revision, state: sealed(store, { ...judged, state }), now });
  return moved.numAffectedRows === 1n;
}

const moveOn = statement((db, given: { id: string; revision: number; state: string; now: number }) =>
  db
    .updateTable('authenticators')
    .set({ state: given.state, revision: sql`revision + 1`, updated_at: given.now, last_used_at: given.now })
    .where('id', '=', given.id)
    .where('revision', '=', given.revision)
    .where('status', '=', 'active'),
);

/** Keeps a state that proves nothing, such as one with a new code, over the revision it was made from. False: somebody was first. */
export async function replaceState(store: Store, from: Authenticator, state: unknown, now: number): Promise<boolean> {
  const result = await store.db
    .updateTable('authenticators')
    .set({ state: sealed(store, { ...from, state }), revision: sql`revision + 1`, updated_at: now })
    .where('id', '=', from.id)
    .where('revision', '=', from.revision)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Notes that an authenticator whose proof spends nothing was used. False: it is gone. */
export async function touch({ db }: Store, id: string, now: number): Promise<boolean> {
  return (await use(db, { id, now })).numAffectedRows === 1n;
}

const use = statement((db, { id, now }: { id: string; now: number }) =>
  db.updateTable('authenticators').set({ last_used_at: now }).where('id', '=', id).where('status', '=', 'active'),
);

/**
 * Makes a pending authenticator active, with the state its first proof left, and the lookup that only this proof gave. False: it is not
 * pending any more, or expired.
 */
export async function activate(
  store: Store,
  { lookup, ...judged }: Authenticator & Pick<NewAuthenticator, 'lookup'>,
  state: unknown,
  now: number,
): Promise<boolean> {
  const result = await store.db
    .updateTable('authenticators')
    .set({
      state: sealed(store, { ...judged, state }),
      status: 'active',
      revision: sql`revision + 1`,
      updated_at: now,
      last_used_at: now,
      expires_at: null,
      ...(lookup !== undefined && { lookup }),
    })
    .where('id', '=', judged.id)
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

/** Enrolments that nobody finished. Returns how many there were. */
export async function deleteExpiredEnrollments({ db }: Store, now: number): Promise<number> {
  const result = await db.deleteFrom('authenticators').where('expires_at', '<=', now).executeTakeFirst();
  return Number(result.numDeletedRows);
}

function selectLive({ db }: Store, userId: string, now: number) {
  return db
    .selectFrom('authenticators')
    .selectAll()
    .where('user_id', '=', userId)
    .where((where) => where.or([where('status', '=', 'active'), where('expires_at', '>', now)]));
}

/** A sealed state opens for its own row and its own user only. */
export const statePlace = (row: { id: string; userId: string; kind: string }) =>
  `authenticators.state.${row.id}.${row.userId}.${row.kind}`;

function sealed({ safe }: Store, row: Pick<Authenticator, 'id' | 'userId' | 'kind' | 'state'>): string {
  return safe.seal(statePlace(row), JSON.stringify(row.state));
}

function opened({ safe }: Store, row: Selectable<Tables['authenticators']>): Authenticator {
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
  };
}
