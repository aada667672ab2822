import type { Account } from './accounts.ts';
import type { Store } from './store.ts';
import { statement } from './statement.ts';

/** The security configuration of an account, by auth module. */
export type Security = {
  readonly accountId: string;
  /** A JSON object. The engine parses it. */
  readonly authModules: unknown;
  /** A JSON object of rules that are not of one module. The engine parses it. */
  readonly rules: unknown;
  /** Grows with every change; 0 if the account was never configured. */
  readonly revision: number;
};

/** The configurations of an account and its ancestors, the root's first. Accounts without one are left out. */
export async function securityDownTo({ db }: Store, accountId: string): Promise<readonly Security[]> {
  const { rows } = await downTo(db, { accountId });
  return rows.map(read);
}

const downTo = statement((db, { accountId }: { accountId: string }) =>
  db
    .selectFrom('account_ancestors')
    .innerJoin('security', 'security.account_id', 'ancestor_id')
    .select(['security.account_id', 'auth_modules', 'rules', 'revision'])
    .where('account_ancestors.account_id', '=', accountId)
    .orderBy('depth', 'desc'),
);

/** The configurations of an account and its descendants. Accounts without one are left out. */
export async function securityBelow({ db }: Store, top: string): Promise<readonly Security[]> {
  const rows = await db
    .selectFrom('account_ancestors')
    .innerJoin('security', 'security.account_id', 'account_ancestors.account_id')
    .select(['security.account_id', 'auth_modules', 'rules', 'revision'])
    .where('ancestor_id', '=', top)
    .execute();
  return rows.map(read);
}

/** The accounts that have a configuration, by name. */
export async function listConfiguredAccounts({
  db,
}: Pick<Store, 'db'>): Promise<readonly Pick<Account, 'id' | 'name'>[]> {
  return db
    .selectFrom('security')
    .innerJoin('accounts', 'accounts.id', 'security.account_id')
    .select(['accounts.id', 'accounts.name'])
    .orderBy('accounts.name')
    .execute();
}

type NewSecurity = Omit<Security, 'rules'> & Partial<Pick<Security, 'rules'>>;

/** Writes a configuration if its revision is still the one that was read. False: another request changed it first. */
export async function writeSecurity(
  { db }: Store,
  { accountId, authModules, rules = {}, revision }: NewSecurity,
  now: number,
): Promise<boolean> {
  const row = {
    auth_modules: JSON.stringify(authModules),
    rules: JSON.stringify(rules),
    revision: revision + 1,
    updated_at: now,
  };
  if (revision === 0) {
    const inserted = await db
      .insertInto('security')
      .values({ account_id: accountId, ...row })
      .onConflict((conflict) => conflict.column('account_id').doNothing())
      .executeTakeFirst();
    return inserted.numInsertedOrUpdatedRows === 1n;
  }
  const result = await db
    .updateTable('security')
    .set(row)
    .where('account_id', '=', accountId)
    .where('revision', '=', revision)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Whether the configuration of an account or a descendant names a provider of one of these accounts. */
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

type SecurityRow = {
  readonly account_id: string;
  readonly auth_modules: string;
  readonly rules: string | null;
  readonly revision: number;
};

const read = (row: SecurityRow): Security => ({
  accountId: row.account_id,
  authModules: JSON.parse(row.auth_modules),
  // Null in rows that an earlier version wrote.
  rules: row.rules === null ? {} : JSON.parse(row.rules),
  revision: row.revision,
});
