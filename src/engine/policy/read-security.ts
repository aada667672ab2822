import type { Account } from '../../store/accounts.ts';
import { inheritedConfig } from './merge-policy.ts';
import type { AuthModulesConfig } from './configuration.ts';
import type { RequestContext } from '../context.ts';
import { configsDownTo } from './read-policy.ts';

export type AccountSecurity = {
  readonly own: AuthModulesConfig;
  readonly inherited: AuthModulesConfig;
  /** Grows with every change; 0 if the account was never configured. */
  readonly revision: number;
};

/** An account's own configuration, and the one that it inherits from its ancestors. */
export async function readSecurity(ctx: RequestContext, account: Account): Promise<AccountSecurity> {
  const chain = await configsDownTo(ctx.store, account.id);
  const own = chain.find(({ accountId }) => accountId === account.id);
  const above = chain.filter((config) => config !== own);
  return { own: own?.authModules ?? {}, inherited: inheritedConfig(above), revision: own?.revision ?? 0 };
}
