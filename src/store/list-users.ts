import type { ExpressionBuilder } from 'kysely';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';
import { openUser, selectUsers, type User } from './users.ts';

/** A page of an account's users; `plainOnly`: without administrators and services. */
export type UserPage = { readonly limit: number; readonly skip: number; readonly plainOnly?: boolean };

/** The users of an account, in order of creation. */
export async function listUsers(
  store: Store,
  accountId: string,
  { limit, skip, plainOnly = false }: UserPage,
): Promise<readonly User[]> {
  const rows = await selectUsers(store.db)
    .where('account_id', '=', accountId)
    .$if(plainOnly, (query) => query.where(isPlain))
    .orderBy('id')
    .limit(limit)
    .offset(skip)
    .execute();
  return rows.map((row) => openUser(store, row));
}

/**
 * Locks the row of a user who is neither administrator nor service until the transaction ends, so that they do not
 * become one in between. False: the user is one, or was removed.
 */
export async function lockPlainUser({ db }: Store, id: string): Promise<boolean> {
  const result = await db
    .updateTable('users')
    .set((of) => ({ version: of.ref('version') }))
    .where('id', '=', id)
    .where(isPlain)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Roles are a JSON list of fixed words, and no other role contains these. */
const isPlain = (where: ExpressionBuilder<Tables, 'users'>) =>
  where.and([where('roles', 'not like', '%"admin"%'), where('roles', 'not like', '%"service"%')]);

/** Whether an account or one below it has an administrator or a service. */
export async function hasPrivilegedUsersBelow({ db }: Store, accountId: string): Promise<boolean> {
  const row = await db
    .selectFrom('users')
    .innerJoin('account_ancestors', 'account_ancestors.account_id', 'users.account_id')
    .select('users.id')
    .where('ancestor_id', '=', accountId)
    .where((where) => where.not(isPlain(where)))
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
