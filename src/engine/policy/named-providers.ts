import type { Account } from '../../store/accounts.ts';
import { findProvider, type Provider, type ProviderPlace } from '../../store/providers.ts';
import type { AuthModulesConfig, AccountConfig } from './configuration.ts';
import type { RequestContext } from '../context.ts';
import { authModules, type AuthModule } from './auth-modules.ts';

/** What a provider that is named may be called beside it. */
export type ProviderNames = Pick<Provider, 'name' | 'providerName'>;

/** The providers that a configuration of an account names, by their ids. One that is gone has no names. */
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

/** An account names its own providers, and those of an ancestor that shares what it says with its sub-accounts. */
export function mayNameAll(account: Account, chain: readonly AccountConfig[], config: AuthModulesConfig): boolean {
  const shares = (owner: string, name: AuthModule) =>
    chain.some(
      ({ accountId, authModules: said }) =>
        accountId === owner && said[name]?.multi_factor?.include_subaccounts === true,
    );
  return authModules.every((name) => {
    const { account_id: owner = account.id } = config[name]?.multi_factor ?? {};
    return owner === account.id || shares(owner, name);
  });
}

/** Where the providers are that a configuration of an account names. */
export function namedIn(account: Account, config: AuthModulesConfig): readonly ProviderPlace[] {
  return authModules.flatMap((name) => {
    const { configuration_id: id, account_id: accountId = account.id } = config[name]?.multi_factor ?? {};
    return id === undefined ? [] : [{ accountId, id }];
  });
}
