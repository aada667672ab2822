import { sql, type ExpressionBuilder } from 'kysely';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

/**
 * The condition that a key has not ended. A key with a scope ends for good when its maker or its user no longer
 * administers; this holds against their present rows, before its own row is deleted.
 */
export const isUsable = (where: ExpressionBuilder<Tables, 'authenticators'>, now: number) =>
  where.and([
    where.or([where('authenticators.expires_at', 'is', null), where('authenticators.expires_at', '>', now)]),
    where.or([
      where('authenticators.scope', 'is', null),
      where.and([
        where('authenticators.maker_id', 'is not', null),
        where.not(where.exists(formerAdministrator(where))),
      ]),
    ]),
  ]);

const formerAdministrator = (where: ExpressionBuilder<Tables, 'authenticators'>) =>
  where
    .selectFrom('users as holder')
    .select('holder.id')
    .where((of) =>
      of.or([
        of('holder.id', '=', of.ref('authenticators.maker_id')),
        of('holder.id', '=', of.ref('authenticators.user_id')),
      ]),
    )
    .where((of) =>
      // Roles are a JSON list of fixed words, and no other role contains "admin".
      of.or([of('holder.enabled', '=', sql.lit(0)), of('holder.roles', 'not like', sql.lit('%"admin"%'))]),
    );

/** Deletes the keys with a scope that a user has made or may use. Their sessions end with them. */
export async function endScopedKeys({ db }: Store, userId: string): Promise<void> {
  await db
    .deleteFrom('authenticators')
    .where('scope', 'is not', null)
    .where((where) => where.or([where('user_id', '=', userId), where('maker_id', '=', userId)]))
    .execute();
}

/** Deletes the keys with a scope of all users of an account and its descendants. */
export async function endScopedKeysBelow({ db }: Store, accountId: string): Promise<void> {
  await db
    .deleteFrom('authenticators')
    .where('scope', 'is not', null)
    .where('user_id', 'in', (from) =>
      from
        .selectFrom('users')
        .innerJoin('account_ancestors', 'account_ancestors.account_id', 'users.account_id')
        .select('users.id')
        .where('ancestor_id', '=', accountId),
    )
    .execute();
}
