import type { Account } from '../../store/accounts.ts';
import { findProvider, type Provider, type ProviderPlace } from '../../store/providers.ts';
import { namedModules, type AccountConfig, type AuthModulesConfig, type MultiFactor } from './configuration.ts';
import type { RequestContext } from '../context.ts';

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
 * Whether an account may use all providers in a configuration: its own, and those that an account above it names for
 * the same module with `include_subaccounts`.
 */
export function mayNameAll(account: Account, chain: readonly AccountConfig[], config: AuthModulesConfig): boolean {
  const above = chain.filter(({ accountId }) => accountId !== account.id);
  return namedModules(config).every(([name, modules]) => {
    const place = placeIn(account.id, config[name]?.multi_factor);
    if (!place || place.accountId === account.id) return true;
    const isShared = modules.map((module) =>
      above.some(({ accountId, modules: shared }) => {
        const multiFactor = shared[module]?.multi_factor;
        const named = multiFactor?.include_subaccounts === true ? placeIn(accountId, multiFactor) : undefined;
        return named?.id === place.id && named.accountId === place.accountId;
      }),
    );
    // A name that stands for no module is shared by no account.
    return isShared.length > 0 && isShared.every(Boolean);
  });
}

/** The providers that an account's configuration names. */
export function namedIn(account: Account, config: AuthModulesConfig): readonly ProviderPlace[] {
  return namedModules(config).flatMap(([name]) => placeIn(account.id, config[name]?.multi_factor) ?? []);
}

function placeIn(self: string, multiFactor: MultiFactor | undefined): ProviderPlace | undefined {
  const { configuration_id: id, account_id: accountId = self } = multiFactor ?? {};
  return id === undefined ? undefined : { accountId, id };
}
