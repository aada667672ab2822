import type { Account } from '../../store/accounts.ts';
import { findProvider, type Provider, type ProviderPlace } from '../../store/providers.ts';
import type { AuthModulesConfig, AccountConfig } from './configuration.ts';
import type { RequestContext } from '../context.ts';
import { authModules, type AuthModule } from './auth-modules.ts';

/** The names that are shown with a provider's id. */
export type ProviderNames = Pick<Provider, 'name' | 'providerName'>;

/** The names of the providers in an account's configuration, by id. A provider that does not exist is left out. */
export async function namesIn(
  ctx: RequestContext,
  account: Account,
  config: AuthModulesConfig,
): Promise<ReadonlyMap<string, ProviderNames>> {
  const names = new Map<string, ProviderNames>();
  for (const place of namedIn(account, config)) {
    const found = !names.has(place.id) && (await findProvider(ctx.store, place));
    if (found) names.set(place.id, found);
  }
  return names;
}

/**
 * Whether an account may use all providers in a configuration: its own, and those of ancestors that set
 * `include_subaccounts`.
 */
export function mayNameAll(account: Account, chain: readonly AccountConfig[], config: AuthModulesConfig): boolean {
  const shares = (owner: string, name: AuthModule) =>
    chain.some(
      ({ accountId, authModules: modules }) =>
        accountId === owner && modules[name]?.multi_factor?.include_subaccounts === true,
    );
  return authModules.every((name) => {
    const { account_id: owner = account.id } = config[name]?.multi_factor ?? {};
    return owner === account.id || shares(owner, name);
  });
}

/** The providers that an account's configuration names. */
export function namedIn(account: Account, config: AuthModulesConfig): readonly ProviderPlace[] {
  return authModules.flatMap((name) => {
    const { configuration_id: id, account_id: accountId = account.id } = config[name]?.multi_factor ?? {};
    return id === undefined ? [] : [{ accountId, id }];
  });
}
