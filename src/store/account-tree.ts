import { sql } from 'kysely';
import type { Account } from './accounts.ts';
import type { Store } from './store.ts';

/**
 * Keeps the tree as it is until the transaction ends: whoever changes its shape, or writes what rests on it, takes the root's row first. Without
 * this PostgreSQL would let two moves put each account below the other, and a child be made where its parent no longer stands.
 */
export async function holdTree({ db }: Store): Promise<void> {
  await db
    .updateTable('accounts')
    .set({ revision: sql`revision` })
    .where('parent_id', 'is', null)
    .execute();
}

/** Where an account stands. */
export type TreePlace = Pick<Account, 'id' | 'parentId'>;

/** An account and all below it, each after its parent. */
export async function listTree({ db }: Store, top: string): Promise<readonly TreePlace[]> {
  return db
    .selectFrom('account_ancestors')
    .innerJoin('accounts', 'accounts.id', 'account_ancestors.account_id')
    .select(['accounts.id as id', 'parent_id as parentId'])
    .where('ancestor_id', '=', top)
    .orderBy('depth')
    .execute();
}

/** How many levels stand below an account. */
export async function heightOf({ db }: Store, id: string): Promise<number> {
  const row = await db
    .selectFrom('account_ancestors')
    .select((select) => select.fn.max('depth').as('height'))
    .where('ancestor_id', '=', id)
    .executeTakeFirst();
  return row?.height ?? 0;
}

/**
 * Puts an account, with all below it, below another one, over the revision it was read at; call it in a transaction that holds the tree.
 * False: somebody else was first.
 */
export async function placeBelow({ db }: Store, { id, revision }: Account, parentId: string): Promise<boolean> {
  const result = await db
    .updateTable('accounts')
    .set({ parent_id: parentId, revision: revision + 1 })
    .where('id', '=', id)
    .where('revision', '=', revision)
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) return false;
  const moving = db.selectFrom('account_ancestors').select('account_id').where('ancestor_id', '=', id);
  await db
    .deleteFrom('account_ancestors')
    .where('account_id', 'in', moving)
    .where('ancestor_id', 'not in', moving)
    .execute();
  await db
    .insertInto('account_ancestors')
    .columns(['account_id', 'ancestor_id', 'depth'])
    .expression((from) =>
      from
        .selectFrom(['account_ancestors as within', 'account_ancestors as above'])
        .select(['within.account_id', 'above.ancestor_id', sql<number>`within.depth + 1 + above.depth`.as('depth')])
        .where('within.ancestor_id', '=', id)
        .where('above.account_id', '=', parentId),
    )
    .execute();
  return true;
}
