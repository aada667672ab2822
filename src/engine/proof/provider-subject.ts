import type { Subject } from '../../factors/factor-context.ts';
import { rootAccount } from '../../store/accounts.ts';
import type { ProviderPlace } from '../../store/providers.ts';
import type { User } from '../../store/users.ts';
import type { RequestContext } from '../context.ts';

/**
 * The user as a provider knows them: by name in the account that has the provider, and with the account's id below it,
 * because two accounts may have users of one name. The system's providers are the root account's.
 */
export async function providerSubject(
  { store }: RequestContext,
  { id, name, accountId }: Pick<User, 'id' | 'name' | 'accountId'>,
  provider: ProviderPlace | null | undefined,
): Promise<Subject> {
  if (!provider) return { id, name };
  const owner = provider.accountId ?? (await rootAccount(store))?.id;
  return { id, name: owner === accountId ? name : `${name}@${accountId}` };
}
