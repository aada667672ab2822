import { sql, type Selectable } from 'kysely';
import { comparableName } from '../base/text.ts';
import { activeColumn } from './is-active.ts';
import { readRoles, type Role } from './lists.ts';
import { statement } from './statement.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

/** A person or a service in one account. */
export type User = {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly roles: readonly Role[];
  readonly verified: boolean;
  readonly enabled: boolean;
  /** Whether the user, their account and all accounts above it are enabled. Otherwise no credential is valid. */
  readonly isActive: boolean;
  /**
   * For an external user, the id of the service's user. The application checks the first factor, and the user cannot
   * log in here.
   */
  readonly serviceId: string | null;
  readonly epoch: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly version: number;
};

/** The members of a user that requests can set. */
export type Profile = Pick<User, 'name' | 'email' | 'phone' | 'firstName' | 'lastName' | 'roles'> &
  Partial<Pick<User, 'enabled'>>;

export async function insertUser(
  store: Store,
  user: Profile & Pick<User, 'id' | 'accountId'> & Partial<Pick<User, 'serviceId'>>,
  now: number,
): Promise<void> {
  await store.db
    .insertInto('users')
    .values({
      id: user.id,
      account_id: user.accountId,
      service_id: user.serviceId ?? null,
      ...written(store, user.id, user),
      created_at: now,
      updated_at: now,
    })
    .execute();
}

/** Inserts a user unless the account already has a user with that name. False: it has, and nothing was written. */
export async function insertUserUnlessNameTaken(
  store: Store,
  { id, accountId, ...profile }: Profile & Pick<User, 'id' | 'accountId'>,
  now: number,
): Promise<boolean> {
  const row = { id, account_id: accountId, ...written(store, id, profile), created_at: now, updated_at: now };
  return (await insertUnlessNameTaken(store.db, row)).numAffectedRows === 1n;
}

type NewUserRow = ReturnType<typeof written> &
  Pick<Selectable<Tables['users']>, 'id' | 'account_id' | 'created_at' | 'updated_at'>;

const insertUnlessNameTaken = statement((db, row: NewUserRow) =>
  db
    .insertInto('users')
    .values(row)
    .onConflict((conflict) => conflict.columns(['account_id', 'name_key']).doNothing()),
);

/** Which of these names, in the form used to compare names, are taken in the account. */
export async function namesTaken(
  { db }: Store,
  accountId: string,
  nameKeys: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('users')
    .select('name_key')
    .where('account_id', '=', accountId)
    .where('name_key', 'in', nameKeys)
    .execute();
  return new Set(rows.map((row) => row.name_key));
}

export async function findUser(store: Store, id: string): Promise<User | undefined> {
  const [row] = (await byId(store.db, { id })).rows;
  return row && openUser(store, row);
}

const byId = statement((db, { id }: { id: string }) => selectUsers(db).where('id', '=', id));

/** Selects the rows that `openUser` opens. */
export function selectUsers(db: Store['db']) {
  return db.selectFrom('users').selectAll('users').select(activeColumn);
}

/**
 * Finds a user by name, id or e-mail address, in this order, so that a user cannot claim another's name by setting it
 * as their address. An address that several users have finds none of them.
 */
export async function findUserByLogin(store: Store, accountId: string, login: string): Promise<User | undefined> {
  const key = comparableName(login);
  const { rows } = await byLogin(store.db, { accountId, login, key });
  const row =
    rows.find((candidate) => candidate.name_key === key) ??
    rows.find((candidate) => candidate.id === login) ??
    (rows.length === 1 ? rows[0] : undefined);
  return row && openUser(store, row);
}

const byLogin = statement((db, { accountId, login, key }: { accountId: string; login: string; key: string }) => {
  const ofAccount = db.selectFrom('users').select('id').where('account_id', '=', accountId);
  // One query for each index: with `or`, SQLite reads all users of the account.
  const matching = ofAccount
    .where('name_key', '=', key)
    .unionAll(ofAccount.where('id', '=', login))
    .unionAll(ofAccount.where('email_key', '=', key));
  return (
    selectUsers(db)
      .where('id', 'in', matching)
      // Many users may have the same address, so the one with the name or id must come first.
      .orderBy((order) => order.case().when('name_key', '=', key).then(0).when('id', '=', login).then(1).else(2).end())
      // A literal, because SQLite plans a statement again whenever a value is bound to its limit.
      .limit(sql.lit(2))
  );
});

/** Finds a user by name only, not by id or address. */
export async function findUserByName(store: Store, accountId: string, name: string): Promise<User | undefined> {
  const row = await selectUsers(store.db)
    .where('account_id', '=', accountId)
    .where('name_key', '=', comparableName(name))
    .executeTakeFirst();
  return row && openUser(store, row);
}

/**
 * Updates a profile if its version is still the one that was read. False: another request changed it first. Disabling a
 * user also moves them to the next epoch.
 */
export async function updateProfile(store: Store, user: User, profile: Profile, now: number): Promise<boolean> {
  const ended = profile.enabled === false && { epoch: sql<number>`epoch + 1` };
  const result = await store.db
    .updateTable('users')
    .set({ ...written(store, user.id, profile), updated_at: now, version: sql`version + 1`, ...ended })
    .where('id', '=', user.id)
    .where('version', '=', user.version)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/**
 * Moves a user to the next epoch, which voids their sessions, challenges and refresh tokens on all nodes. False:
 * another change to the user's factors was first.
 */
export async function advanceEpoch({ db }: Store, userId: string, epoch: number): Promise<boolean> {
  const result = await db
    .updateTable('users')
    .set({ epoch: epoch + 1 })
    .where('id', '=', userId)
    .where('epoch', '=', epoch)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Moves all users to their next epoch. */
export async function advanceEveryEpoch({ db }: Store): Promise<void> {
  await db
    .updateTable('users')
    .set({ epoch: sql`epoch + 1` })
    .execute();
}

/** Moves all users of an account and its descendants to their next epoch. */
export async function advanceEpochsBelow({ db }: Store, accountId: string): Promise<void> {
  await db
    .updateTable('users')
    .set({ epoch: sql`epoch + 1` })
    .where('account_id', 'in', (from) =>
      from.selectFrom('account_ancestors').select('account_id').where('ancestor_id', '=', accountId),
    )
    .execute();
}

export async function deleteUser({ db }: Store, id: string): Promise<boolean> {
  const result = await db.deleteFrom('users').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

export const phonePlace = (id: string) => `users.phone.${id}`;

function written({ safe }: Store, id: string, profile: Profile) {
  return {
    name: profile.name,
    name_key: comparableName(profile.name),
    email: profile.email,
    email_key: profile.email === null ? null : comparableName(profile.email),
    phone: profile.phone === null ? null : safe.seal(phonePlace(id), profile.phone),
    first_name: profile.firstName,
    last_name: profile.lastName,
    roles: JSON.stringify(profile.roles),
    ...(profile.enabled !== undefined && { enabled: profile.enabled ? 1 : 0 }),
  };
}

/** A user's row and `activeColumn`. */
export type UserRow = Selectable<Tables['users']> & { readonly active: number };

/** Makes a user of a row. */
export function openUser({ safe }: Store, row: UserRow): User {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    email: row.email,
    phone: row.phone === null ? null : safe.open(phonePlace(row.id), row.phone),
    firstName: row.first_name,
    lastName: row.last_name,
    roles: readRoles(row.roles),
    verified: row.verified === 1,
    enabled: row.enabled === 1,
    isActive: row.active === 1,
    serviceId: row.service_id,
    epoch: row.epoch,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  };
}
