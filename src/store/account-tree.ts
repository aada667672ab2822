import { sql } from 'kysely';
import type { Account } from './accounts.ts';
import type { Store } from './store.ts';

/**
 * Locks the tree until the transaction ends, by locking the root's row. Every write that changes the tree or depends on
 * its shape calls this first; otherwise, on PostgreSQL, two simultaneous moves could put each account below the other.
 */
export async function lockTree({ db }: Store): Promise<void> {
  await db
    .updateTable('accounts')
    .set({ revision: sql`revision` })
    .where('parent_id', 'is', null)
    .execute();
}

/** An account's place in the tree. */
export type TreePlace = Pick<Account, 'id' | 'parentId'>;

/** An account and its descendants, each after its parent. */
export async function listTree({ db }: Store, top: string): Promise<readonly TreePlace[]> {
  return db
    .selectFrom('account_ancestors')
    .innerJoin('accounts', 'accounts.id', 'account_ancestors.account_id')
    .select(['accounts.id as id', 'parent_id as parentId'])
    .where('ancestor_id', '=', top)
    .orderBy('depth')
    .execute();
}

/** The number of levels below an account. */
export async function heightOf({ db }: Store, id: string): Promise<number> {
  const row = await db
    .selectFrom('account_ancestors')
    .select((select) => select.fn.max('depth').as('height'))
    .where('ancestor_id', '=', id)
    .executeTakeFirst();
  return row?.height ?? 0;
}

/**
 * Moves an account and its descendants below another account, if its revision is still the one that was read. False:
 * another request changed it first. Call it in a transaction that has locked the tree.
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
