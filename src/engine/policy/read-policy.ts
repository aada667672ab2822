import type { Role } from '../../store/lists.ts';
import { securityDownTo, type Security } from '../../store/security.ts';
import type { Store } from '../../store/store.ts';
import { accountPolicy, type AccountPolicy } from './merge-policy.ts';
import { accountConfig, accountRules, storedDocument, type AccountConfig } from './configuration.ts';
import { isAuthModule, type AuthModule } from './auth-modules.ts';
import { policyModule } from './module-names.ts';

/**
 * The parsed configurations of an account and its ancestors, the root's first. Throws if one is invalid, so that logins
 * fail.
 */
export async function configsDownTo(store: Store, accountId: string): Promise<readonly AccountConfig[]> {
  return (await securityDownTo(store, accountId)).map(parseAccountConfig);
}

export const parseAccountConfig = ({ accountId, authModules, rules, revision }: Security): AccountConfig =>
  accountConfig(accountId, storedDocument.parse(authModules), { rules: accountRules.parse(rules), revision });

/** An auth module of an account, as challenges and sessions store it, and the roles of the user who logs in. */
export type LoginModule = {
  readonly authModule: string;
  readonly accountId: string;
  readonly roles: readonly Role[];
};

/** The current policy of an auth module. Read it once per operation and pass it on. Throws for an unknown module. */
export async function readPolicy(store: Store, { authModule, accountId, roles }: LoginModule): Promise<AccountPolicy> {
  if (!isAuthModule(authModule)) throw new Error(`unknown auth module ${authModule}`);
  const policyOf = await readPolicies(store, accountId);
  return policyOf(authModule, roles);
}

/** The current policies of all modules of an account, in one statement. */
export async function readPolicies(store: Store, accountId: string) {
  const chain = await configsDownTo(store, accountId);
  return (authModule: AuthModule, roles: readonly Role[]): AccountPolicy =>
    accountPolicy(policyModule(authModule, roles), accountId, chain);
}
