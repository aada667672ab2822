import { securityDownTo, type Security } from '../../store/security.ts';
import type { Store } from '../../store/store.ts';
import { accountPolicy, type AccountPolicy } from './merge-policy.ts';
import { authModulesConfig, type AccountConfig } from './configuration.ts';
import { isAuthModule } from './auth-modules.ts';

/**
 * The parsed configurations of an account and its ancestors, the root's first. Throws if one is invalid, so that logins
 * fail.
 */
export async function configsDownTo(store: Store, accountId: string): Promise<readonly AccountConfig[]> {
  return (await securityDownTo(store, accountId)).map(parseAccountConfig);
}

export const parseAccountConfig = ({ accountId, authModules, revision }: Security): AccountConfig => ({
  accountId,
  revision,
  authModules: authModulesConfig.parse(authModules),
});

/** An auth module of an account, as challenges and sessions store it. */
export type LoginModule = { readonly authModule: string; readonly accountId: string };

/** The current policy of an auth module. Read it once per operation and pass it on. Throws for an unknown module. */
export async function readPolicy(store: Store, { authModule, accountId }: LoginModule): Promise<AccountPolicy> {
  if (!isAuthModule(authModule)) throw new Error(`unknown auth module ${authModule}`);
  return accountPolicy(authModule, accountId, await configsDownTo(store, accountId));
}
