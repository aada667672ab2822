import type { Store } from '../../store/store.ts';
import { authModules, type AuthModule } from './auth-modules.ts';
import { maySkip } from './login-needs.ts';
import { accountsWithModules, type AccountWithModules } from './open-modules.ts';
import { readPolicies } from './read-policy.ts';
import { providerOf } from './required-provider.ts';

/**
 * The open modules of an account that require a second factor of a provider that is missing or disabled: no user can log
 * in through them.
 */
export async function modulesWithoutProvider(store: Store, accountId: string): Promise<readonly AuthModule[]> {
  const policyOf = await readPolicies(store, accountId);
  const found: AuthModule[] = [];
  for (const name of authModules) {
    const policy = policyOf(name, ['user']);
    if (!policy.enabled || !policy.required || maySkip(policy)) continue;
    const provider = await providerOf(store, policy.required.provider);
    if (!provider?.enabled) found.push(name);
  }
  return found;
}

/** The configured accounts that have such modules. */
export const accountsWithoutProvider = (store: Store): Promise<readonly AccountWithModules[]> =>
  accountsWithModules(store, (id) => modulesWithoutProvider(store, id));
