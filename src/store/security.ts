import type { Store } from './store.ts';
import { statement } from './statement.ts';

/** What an account says about its auth modules: a JSON object, which the engine parses. */
export type Security = {
  readonly accountId: string;
  readonly authModules: unknown;
  /** Grows with every change; 0 where nothing was ever said. */
  readonly revision: number;
};

/** What the accounts from the root down to one say, those that say anything, the highest first. */
export async function securityDownTo({ db }: Store, accountId: string): Promise<readonly Security[]> {
  const { rows } = await downTo(db, { accountId });
  return rows.map(read);
}

const downTo = statement((db, { accountId }: { accountId: string }) =>
  db
    .selectFrom('account_ancestors')
    .innerJoin('security', 'security.account_id', 'ancestor_id')
    .select(['security.account_id', 'auth_modules', 'revision'])
    .where('account_ancestors.account_id', '=', accountId)
    .orderBy('depth', 'desc'),
);

/** What an account and those below it say, those that say anything. */
export async function securityBelow({ db }: Store, top: string): Promise<readonly Security[]> {
  const rows = await db
    .selectFrom('account_ancestors')
    .innerJoin('security', 'security.account_id', 'account_ancestors.account_id')
    .select(['security.account_id', 'auth_modules', 'revision'])
    .where('ancestor_id', '=', top)
    .execute();
  return rows.map(read);
}

/** Writes what an account says over the revision it was read at. False: somebody else was first. */
export async function writeSecurity(
  { db }: Store,
  { accountId, authModules, revision }: Security,
  now: number,
): Promise<boolean> {
  const said = { auth_modules: JSON.stringify(authModules), revision: revision + 1, updated_at: now };
  if (revision === 0) {
    const made = await db
      .insertInto('security')
      .values({ account_id: accountId, ...said })
      .onConflict((conflict) => conflict.column('account_id').doNothing())
      .executeTakeFirst();
    return made.numInsertedOrUpdatedRows === 1n;
  }
  const result = await db
    .updateTable('security')
    .set(said)
    .where('account_id', '=', accountId)
    .where('revision', '=', revision)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Whether an account, or one below it, names a provider of one of these owners. */
export async function namesProviderOf({ db }: Store, top: string, owners: readonly string[]): Promise<boolean> {
  const found = await db
    .selectFrom('account_ancestors')
    .innerJoin('security', 'security.account_id', 'account_ancestors.account_id')
    .select('security.account_id')
    .where('ancestor_id', '=', top)
    .where((where) => where.or(owners.map((id) => where('auth_modules', 'like', `%"account_id":"${id}"%`))))
    .executeTakeFirst();
  return found !== undefined;
}

type SecurityRow = { readonly account_id: string; readonly auth_modules: string; readonly revision: number };

const read = (row: SecurityRow): Security => ({
  accountId: row.account_id,
  authModules: JSON.parse(row.auth_modules),
  revision: row.revision,
});
