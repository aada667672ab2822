import { listConfiguredAccounts } from '../../store/security.ts';
import type { Store } from '../../store/store.ts';
import { authModules, provesTwoFactors, type AuthModule } from './auth-modules.ts';
import type { AccountConfig } from './configuration.ts';
import { accountPolicy } from './merge-policy.ts';
import { configsDownTo } from './read-policy.ts';

/**
 * The modules through which people log in without a second factor, although the account requires one of another module.
 * Empty if it requires none.
 */
export function openModules(accountId: string, chain: readonly AccountConfig[]): readonly AuthModule[] {
  const policies = authModules.map((name) => ({ name, policy: accountPolicy(name, accountId, chain) }));
  if (policies.every(({ policy }) => policy.required === undefined)) return [];
  return policies.flatMap(({ name, policy: { enabled, required } }) =>
    enabled && !required && !provesTwoFactors(name) ? [name] : [],
  );
}

/** The accounts whose own configuration leaves modules open in this way. */
export const accountsWithOpenModules = (store: Store): Promise<readonly AccountWithModules[]> =>
  accountsWithModules(store, async (id) => openModules(id, await configsDownTo(store, id)));

/** An account, and those of its modules that something is wrong with. */
export type AccountWithModules = { readonly name: string; readonly modules: readonly AuthModule[] };

/** The configured accounts for which `find` finds modules. */
export async function accountsWithModules(
  store: Store,
  find: (accountId: string) => Promise<readonly AuthModule[]>,
): Promise<readonly AccountWithModules[]> {
  const found: AccountWithModules[] = [];
  for (const { id, name } of await listConfiguredAccounts(store)) {
    const modules = await find(id);
    if (modules.length > 0) found.push({ name, modules });
  }
  return found;
}
