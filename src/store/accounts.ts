import { sql, type ExpressionBuilder } from 'kysely';
import { comparableName } from '../base/text.ts';
import { statement } from './statement.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

/** A tenant. Accounts form a tree with one root. */
export type Account = {
  readonly id: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly realm: string | null;
  /** False: no credential of its users, or of users of accounts below it, is valid. */
  readonly enabled: boolean;
  /** Grows with every change. */
  readonly revision: number;
  readonly createdAt: number;
};

export type NewAccount = Pick<Account, 'id' | 'parentId' | 'name'> & Partial<Pick<Account, 'realm' | 'enabled'>>;

const columns = [
  'accounts.id as id',
  'parent_id as parentId',
  'name',
  'realm',
  'accounts.enabled as enabled',
  'revision',
  'created_at as createdAt',
] as const;

/** Inserts an account and its place in the tree. Call it in a transaction. */
export async function insertAccount({ db }: Store, account: NewAccount, now: number): Promise<void> {
  const { id, parentId, name, realm = null, enabled = true } = account;
  await db
    .insertInto('accounts')
    .values({
      id,
      parent_id: parentId,
      name,
      name_key: comparableName(name),
      realm,
      enabled: enabled ? 1 : 0,
      created_at: now,
    })
    .execute();
  await db.insertInto('account_ancestors').values({ account_id: id, ancestor_id: id, depth: 0 }).execute();
  if (parentId === null) return;
  await db
    .insertInto('account_ancestors')
    .columns(['account_id', 'ancestor_id', 'depth'])
    .expression((from) =>
      from
        .selectFrom('account_ancestors')
        .select([sql.val(id).as('account_id'), 'ancestor_id', sql<number>`depth + 1`.as('depth')])
        .where('account_id', '=', parentId),
    )
    .execute();
}

export async function rootAccount({ db }: Store): Promise<Account | undefined> {
  const [row] = (await root(db, {})).rows;
  return row && openAccount(row);
}

const root = statement((db) => db.selectFrom('accounts').select(columns).where('parent_id', 'is', null));

/**
 * Finds an account by id or by name, and the root account if neither is given. If one account's name is another's id,
 * the id wins.
 */
export async function findAccount(store: Store, idOrName: string | undefined): Promise<Account | undefined> {
  if (idOrName === undefined) return rootAccount(store);
  const row = await store.db
    .selectFrom('accounts')
    .select(columns)
    .where((where) => where.or([where('id', '=', idOrName), where('name_key', '=', comparableName(idOrName))]))
    .orderBy((order) => order.case().when('id', '=', idOrName).then(0).else(1).end())
    .executeTakeFirst();
  return row && openAccount(row);
}

/** Finds an account by id if it is `top` or one of its descendants. */
export async function findBelow({ db }: Store, top: string, id: string): Promise<Account | undefined> {
  const row = await db
    .selectFrom('accounts')
    .innerJoin('account_ancestors', 'account_ancestors.account_id', 'accounts.id')
    .select(columns)
    .where('accounts.id', '=', id)
    .where('ancestor_id', '=', top)
    .executeTakeFirst();
  return row && openAccount(row);
}

/** The number of ancestors of an account. */
export async function depthOf({ db }: Store, id: string): Promise<number> {
  const row = await db
    .selectFrom('account_ancestors')
    .select((select) => select.fn.max('depth').as('depth'))
    .where('account_id', '=', id)
    .executeTakeFirst();
  return row?.depth ?? 0;
}

export type Page = {
  readonly limit: number;
  /** The last id of the page before. */ readonly after?: string | undefined;
};

/** The children or all descendants of an account, sorted by id. */
export async function listBelow(
  { db }: Store,
  top: string,
  which: 'children' | 'descendants',
  { limit, after = '' }: Page,
): Promise<readonly Account[]> {
  // The ids of the page come from a subquery: with a join, PostgreSQL reads all accounts before the page too.
  const page = db
    .selectFrom('account_ancestors')
    .select('account_id')
    .where('ancestor_id', '=', top)
    .where('depth', which === 'children' ? '=' : '>=', 1)
    .where('account_id', '>', after)
    .orderBy('account_id')
    .limit(limit);
  const rows = await db.selectFrom('accounts').select(columns).where('id', 'in', page).orderBy('id').execute();
  return rows.map(openAccount);
}

/** The ancestors of an account that are at or below `top`, the highest first. */
export async function listAbove({ db }: Store, top: string, id: string): Promise<readonly Account[]> {
  const rows = await db
    .selectFrom('accounts')
    .innerJoin('account_ancestors as above', 'above.ancestor_id', 'accounts.id')
    .innerJoin('account_ancestors as within', 'within.account_id', 'accounts.id')
    .select(columns)
    .where('above.account_id', '=', id)
    .where('above.depth', '>', 0)
    .where('within.ancestor_id', '=', top)
    .orderBy('above.depth', 'desc')
    .execute();
  return rows.map(openAccount);
}

/** Updates an account if its revision is still the one that was read. False: another request changed it first. */
export async function updateAccount(
  { db }: Store,
  { id, revision }: Account,
  { name, realm, enabled = true }: Pick<Account, 'name' | 'realm'> & Partial<Pick<Account, 'enabled'>>,
): Promise<boolean> {
  const result = await db
    .updateTable('accounts')
    .set({ name, name_key: comparableName(name), realm, enabled: enabled ? 1 : 0, revision: revision + 1 })
    .where('id', '=', id)
    .where('revision', '=', revision)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/**
 * Deletes an account that has no users, clients or children. False: it has, or its revision is not the one that was
 * read.
 */
export async function deleteAccount({ db }: Store, { id, revision }: Account): Promise<boolean> {
  const result = await db
    .deleteFrom('accounts')
    .where('id', '=', id)
    .where('revision', '=', revision)
    .where((where) => where.not(where.exists(referencing(where, 'users'))))
    .where((where) => where.not(where.exists(referencing(where, 'clients'))))
    .where((where) =>
      where.not(
        where.exists(where.selectFrom('accounts as child').select('child.id').where('child.parent_id', '=', id)),
      ),
    )
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

function referencing(where: ExpressionBuilder<Tables, 'accounts'>, table: 'users' | 'clients') {
  return where.selectFrom(table).select(`${table}.id`).whereRef(`${table}.account_id`, '=', 'accounts.id');
}

const openAccount = ({ enabled, ...row }: Omit<Account, 'enabled'> & { readonly enabled: number }): Account => ({
  ...row,
  enabled: enabled === 1,
});
