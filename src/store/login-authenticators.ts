import { kindsWhere } from '../factors/registry.ts';
import { openAuthenticator, type Authenticator } from './authenticators.ts';
import { statement } from './statement.ts';
import type { Store } from './store.ts';
import { isUsable } from './usable-key.ts';

/** The keyed hashes that a secret may have, and the time at which its key must not have ended. */
export type KeySearch = { readonly lookups: readonly string[]; readonly now: number };

/**
 * A user's active authenticators that a login may need. First factors that are found by their secret, such as API keys,
 * are left out unless they are searched for, so that a user with many API keys does not have slow logins.
 */
export async function listForLogin(store: Store, userId: string, keys?: KeySearch): Promise<readonly Authenticator[]> {
  const search = { userId, kinds: secondFactorsWithLookup() };
  const { rows } = await (keys && keys.lookups.length > 0
    ? forFirstFactor(store.db, { ...search, ...keys })
    : forLogin(store.db, search));
  return rows.map((row) => openAuthenticator(store, row));
}

/**
 * The kinds of second factor that have a lookup. A login needs all of them, because they decide whether it is
 * challenged.
 */
const secondFactorsWithLookup = () => kindsWhere(({ isFound, traits }) => isFound && traits.roles.includes('second'));

type ForLogin = { userId: string; kinds: readonly string[] };

const forLogin = statement((db, { userId, kinds }: ForLogin) =>
  selectActive(db)
    .where('user_id', '=', userId)
    .where((where) =>
      where.or([where('lookup', 'is', null), ...(kinds.length === 0 ? [] : [where('kind', 'in', kinds)])]),
    )
    .orderBy('id'),
);

type ForFirstFactor = ForLogin & { lookups: readonly string[]; now: number };

const forFirstFactor = statement((db, { userId, kinds, lookups, now }: ForFirstFactor) =>
  selectActive(db)
    .where('user_id', '=', userId)
    .where((where) =>
      where.or([
        where('lookup', 'is', null),
        where.and([where('lookup', 'in', lookups), isUsable(where, now)]),
        ...(kinds.length === 0 ? [] : [where('kind', 'in', kinds)]),
      ]),
    )
    .orderBy('id'),
);

/** The active authenticator, of any user, whose secret has one of these keyed hashes. */
export async function findByLookup(store: Store, { lookups, now }: KeySearch): Promise<Authenticator | undefined> {
  const row = await selectActive(store.db)
    .where('lookup', 'in', lookups)
    .where((where) => isUsable(where, now))
    .executeTakeFirst();
  return row && openAuthenticator(store, row);
}

const selectActive = (db: Store['db']) => db.selectFrom('authenticators').selectAll().where('status', '=', 'active');
