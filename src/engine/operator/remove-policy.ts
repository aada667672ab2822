import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { findAccount, type Account } from '../../store/accounts.ts';
import { writeSecurity } from '../../store/security.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { readSecurity } from '../policy/read-security.ts';
import type { Reason } from '../reasons.ts';

/**
 * Removes the security configuration of an account, for an operator whose administrators cannot log in. What the
 * accounts above it require still holds.
 */
export async function removePolicy(ctx: RequestContext, named: string | undefined): Promise<Outcome<Account, Reason>> {
  const account = await findAccount(ctx.store, named);
  if (!account) return refuse('unknown_account');
  return withTransaction<Account, Reason>(ctx, async (tx) => {
    const { revision } = await readSecurity(tx, account);
    if (!(await writeSecurity(tx.store, { accountId: account.id, authModules: {}, revision }, tx.now)))
      return refuse('raced');
    await logSuccess(tx, { action: 'operator.remove_policy', accountId: account.id, objectId: account.id });
    return success(account);
  });
}
