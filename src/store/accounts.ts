import { comparableName } from '../base/text.ts';
import type { Store } from './store.ts';

/** A tenant. Accounts form a tree with one root. */
export type Account = { readonly id: string; readonly parentId: string | null; readonly name: string };

const columns = ['id', 'parent_id as parentId', 'name'] as const;

export async function insertAccount({ db }: Store, account: Account, now: number): Promise<void> {
  const { id, parentId, name } = account;
  await db
    .insertInto('accounts')
    .values({ id, parent_id: parentId, name, name_key: comparableName(name), created_at: now })
    .execute();
}

export async function rootAccount({ db }: Store): Promise<Account | undefined> {
  return db.selectFrom('accounts').select(columns).where('parent_id', 'is', null).executeTakeFirst();
}

/** By id or by name, as a login request names it; without either the root is meant. */
export async function findAccount(store: Store, idOrName: string | undefined): Promise<Account | undefined> {
  if (idOrName === undefined) return rootAccount(store);
  return store.db
    .selectFrom('accounts')
    .select(columns)
    .where((where) => where.or([where('id', '=', idOrName), where('name_key', '=', comparableName(idOrName))]))
    .orderBy((order) => order.case().when('id', '=', idOrName).then(0).else(1).end())
    .executeTakeFirst();
}
