import type { Subject } from '../../factors/factor.ts';
import { rootAccount } from '../../store/accounts.ts';
import type { ProviderPlace } from '../../store/providers.ts';
import type { Store } from '../../store/store.ts';
import type { User } from '../../store/users.ts';

/**
 * A user as an external provider knows them: by name in the provider's own account, by `name@accountId` in all others.
 * Accounts that share a provider may have users of the same name, and these must not be one person there. The system's
 * providers are the root's.
 */
export async function userAtProvider(
  store: Store,
  { id, name, accountId }: Pick<User, 'id' | 'name' | 'accountId'>,
  provider: Pick<ProviderPlace, 'accountId'>,
): Promise<Subject> {
  const owner = provider.accountId ?? (await rootAccount(store))?.id;
  const isOwn = owner === accountId && !endsWithAccount.test(name);
  return { id, name: isOwn ? name : `${name}@${accountId}` };
}

/** A name of this form in the provider's account would pass for a user of another account. */
const endsWithAccount = /@[0-9a-f]{32}$/i;
