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

export type OpenAccount = { readonly name: string; readonly modules: readonly AuthModule[] };

/** The accounts whose own configuration leaves modules open in this way. */
export async function accountsWithOpenModules(store: Store): Promise<readonly OpenAccount[]> {
  const found: OpenAccount[] = [];
  for (const { id, name } of await listConfiguredAccounts(store)) {
    const modules = openModules(id, await configsDownTo(store, id));
    if (modules.length > 0) found.push({ name, modules });
  }
  return found;
}
