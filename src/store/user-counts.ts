import { sql, type ExpressionBuilder } from 'kysely';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

export type UserCounts = {
  readonly users: number;
  /** Of these, how many are administrators. */
  readonly administrators: number;
  /** Of these, how many are services, which have no other role. */
  readonly services: number;
};

/**
 * Counts the users of an account and its descendants, by account. `withoutKind`: count only users without an active
 * authenticator of this kind. Accounts without such users are left out.
 */
export async function countUsersInTree(
  { db }: Store,
  top: string,
  withoutKind: string | null,
): Promise<ReadonlyMap<string, UserCounts>> {
  const rows = await db
    .selectFrom('account_ancestors')
    .innerJoin('users', 'users.account_id', 'account_ancestors.account_id')
    .select(({ fn }) => [
      'users.account_id as accountId',
      fn.countAll<number>().as('users'),
      // Roles are a JSON list of fixed words, and no other role contains "admin".
      sql<number>`sum(case when roles like '%"admin"%' then 1 else 0 end)`.as('administrators'),
      sql<number>`sum(case when roles = '["service"]' then 1 else 0 end)`.as('services'),
    ])
    .where('ancestor_id', '=', top)
    .$if(withoutKind !== null, (query) => query.where((where) => hasNoneOf(where, [withoutKind ?? ''])))
    .groupBy('users.account_id')
    .execute();
  return new Map(rows.map(({ accountId, ...count }) => [accountId, count]));
}

/** The number of administrators without an active authenticator of any of these kinds. */
export async function countAdministratorsWithout({ db }: Pick<Store, 'db'>, kinds: readonly string[]): Promise<number> {
  const { count } = await db
    .selectFrom('users')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('roles', 'like', '%"admin"%')
    .where((where) => hasNoneOf(where, kinds))
    .executeTakeFirstOrThrow();
  return count;
}

/** The id of the root account's only enabled administrator; undefined if it has none or several. */
export async function findSoleAdministrator({ db }: Pick<Store, 'db'>): Promise<string | undefined> {
  const [first, second] = await db
    .selectFrom('users')
    .innerJoin('accounts', 'accounts.id', 'users.account_id')
    .select('users.id')
    .where('parent_id', 'is', null)
    .where('users.enabled', '=', 1)
    .where('roles', 'like', '%"admin"%')
    .limit(2)
    .execute();
  return second ? undefined : first?.id;
}

/** The condition that a user has no active authenticator of any of these kinds. */
const hasNoneOf = (where: ExpressionBuilder<Tables, 'users'>, kinds: readonly string[]) =>
  where.not(
    where.exists(
      where
        .selectFrom('authenticators')
        .select('authenticators.id')
        .whereRef('user_id', '=', 'users.id')
        .where('kind', 'in', kinds)
        .where('status', '=', 'active'),
    ),
  );
