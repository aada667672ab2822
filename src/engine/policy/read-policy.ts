import { securityDownTo, type Security } from '../../store/security.ts';
import type { Store } from '../../store/store.ts';
import { accountPolicy, type AccountPolicy } from './merge-policy.ts';
import { authModulesConfig, type AccountConfig } from './configuration.ts';
import { isAuthModule } from './auth-modules.ts';

/** Parsed: what cannot be read is a fault, and no login follows from it. */
export async function configsDownTo(store: Store, accountId: string): Promise<readonly AccountConfig[]> {
  return (await securityDownTo(store, accountId)).map(parseAccountConfig);
}

export const parseAccountConfig = ({ accountId, authModules, revision }: Security): AccountConfig => ({
  accountId,
  revision,
  authModules: authModulesConfig.parse(authModules),
});

/** A way into an account, as challenges and sessions keep it. */
export type LoginModule = { readonly authModule: string; readonly accountId: string };

/** What holds for a way in at this moment. Whoever has read it hands it on. One that this program does not know is a fault: nobody passes. */
export async function readPolicy(store: Store, { authModule, accountId }: LoginModule): Promise<AccountPolicy> {
  if (!isAuthModule(authModule)) throw new Error(`no auth module is called ${authModule}`);
  return accountPolicy(authModule, accountId, await configsDownTo(store, accountId));
}
