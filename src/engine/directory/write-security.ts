import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { lockTree } from '../../store/account-tree.ts';
import type { Account } from '../../store/accounts.ts';
import { lockProvider } from '../../store/providers.ts';
import { writeSecurity } from '../../store/security.ts';
import { inheritedConfig } from '../policy/merge-policy.ts';
import type { AuthModulesConfig } from '../policy/configuration.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import { configsDownTo } from '../policy/read-policy.ts';
import type { Caller } from '../session/authenticate.ts';
import type { AccountSecurity } from '../policy/read-security.ts';
import { mayNameAll, namedIn } from '../policy/named-providers.ts';

export type SecurityChange = {
  readonly account: Account;
  readonly config: AuthModulesConfig;
  readonly revision: number;
};

/** Replaces an account's security configuration, if its revision is still the one that was read. */
export async function writeSecurityOf(
  ctx: RequestContext,
  caller: Caller,
  { account, config, revision }: SecurityChange,
): Promise<Outcome<AccountSecurity, Reason>> {
  const { now } = ctx;
  return withTransaction(ctx, async (tx) => {
    // Locked, so that the account cannot be moved away from an ancestor whose provider the configuration names.
    await lockTree(tx.store);
    const chain = await configsDownTo(tx.store, account.id);
    if (!mayNameAll(account, chain, config)) return refuse('unknown_configuration');
    if (!(await lockNamed(tx, account, config))) return refuse('unknown_configuration');
    const security = { accountId: account.id, authModules: config, revision };
    if (!(await writeSecurity(tx.store, security, now))) return refuse('raced');
    const who = { accountId: account.id, userId: caller.userId, sessionId: caller.id, objectId: account.id };
    await logSuccess(tx, { action: 'security.change', ...who });
    const inherited = inheritedConfig(chain.filter(({ accountId }) => accountId !== account.id));
    return success({ own: config, inherited, revision: revision + 1 });
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
