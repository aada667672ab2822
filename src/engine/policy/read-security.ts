import type { Account } from '../../store/accounts.ts';
import type { AccountConfig, AccountRules, AuthModulesConfig } from './configuration.ts';
import type { RequestContext } from '../context.ts';
import type { AuthModule } from './auth-modules.ts';
import { inheritedConfig, type InheritedConfig } from './inherited-config.ts';
import { openModules } from './open-modules.ts';
import { configsDownTo } from './read-policy.ts';

export type AccountSecurity = {
  /** As it was written. */
  readonly own: AuthModulesConfig;
  readonly rules: AccountRules;
  readonly inherited: InheritedConfig;
  /** The modules that stay open without a second factor, although the account requires one of others. */
  readonly open: readonly AuthModule[];
  /** Grows with every change; 0 if the account was never configured. */
  readonly revision: number;
};

/** An account's own configuration, and the one that it inherits from its ancestors. */
export async function readSecurity(ctx: RequestContext, account: Account): Promise<AccountSecurity> {
  return securityOf(account.id, await configsDownTo(ctx.store, account.id));
}

/** `chain`: the configurations from the root down to the account, its own included if it has one. */
export function securityOf(accountId: string, chain: readonly AccountConfig[]): AccountSecurity {
  const own = chain.find((config) => config.accountId === accountId);
  return {
    own: own?.document ?? {},
    rules: own?.rules ?? {},
    inherited: inheritedConfig(chain.filter((config) => config !== own)),
    open: openModules(accountId, chain),
    revision: own?.revision ?? 0,
  };
}
