import { refuse, success, type Success } from '../../base/outcome.ts';
import { lockTree } from '../../store/account-tree.ts';
import type { Account } from '../../store/accounts.ts';
import { lockProvider } from '../../store/providers.ts';
import { writeSecurity } from '../../store/security.ts';
import { accountConfig, type AccountRules, type AuthModulesConfig } from '../policy/configuration.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import { configsDownTo } from '../policy/read-policy.ts';
import type { Caller } from '../session/authenticate.ts';
import { securityOf, type AccountSecurity } from '../policy/read-security.ts';
import { namedIn } from '../policy/named-providers.ts';
import { mayConfigure, type ConfigRefusal } from '../policy/may-configure.ts';

export type SecurityChange = {
  readonly account: Account;
  readonly config: AuthModulesConfig;
  readonly rules: AccountRules;
  readonly revision: number;
};

/** Replaces an account's security configuration, if its revision is still the one that was read. */
export async function writeSecurityOf(
  ctx: RequestContext,
  caller: Caller,
  { account, config, rules, revision }: SecurityChange,
): Promise<Success<AccountSecurity> | ConfigRefusal> {
  const { now } = ctx;
  return withTransaction<AccountSecurity, Reason>(ctx, async (tx) => {
    // Locked, so that the account cannot be moved away from an ancestor whose provider the configuration names.
    await lockTree(tx.store);
    const chain = await configsDownTo(tx.store, account.id);
    const own = accountConfig(account.id, config, { rules, revision: revision + 1 });
    const allowed = mayConfigure(account, chain, own);
    if (!allowed.ok) return allowed;
    if (!(await lockNamed(tx, account, config))) return refuse('unknown_configuration');
    const security = { accountId: account.id, authModules: config, rules, revision };
    if (!(await writeSecurity(tx.store, security, now))) return refuse('raced');
    const who = { accountId: account.id, userId: caller.userId, sessionId: caller.id, objectId: account.id };
    await logSuccess(tx, { action: 'security.change', ...who });
    const above = chain.filter(({ accountId }) => accountId !== account.id);
    return success(securityOf(account.id, [...above, own]));
  });
}

/**
 * Locks all providers that the configuration names, so that none is removed. They are locked in order of id, so
 * deadlock is impossible.
 */
async function lockNamed({ store }: RequestContext, account: Account, config: AuthModulesConfig): Promise<boolean> {
  for (const place of namedIn(account, config).toSorted((one, other) => (one.id < other.id ? -1 : 1))) {
    if (!(await lockProvider(store, place))) return false;
  }
  return true;
}
