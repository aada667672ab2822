import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { heightOf, lockTree, placeBelow } from '../../store/account-tree.ts';
import { depthOf, findBelow, listAbove, type Account } from '../../store/accounts.ts';
import { namesProviderOf } from '../../store/security.ts';
import { changed, deepest } from './change-account.ts';
import { reachAccount } from './reach-account.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';

export type Move = { readonly account: Account; readonly parent: Account };

/**
 * Moves an account, with all below it, below another one; the caller has reached both. What an account between the old place and the
 * nearest one above both required no longer holds there; the caller stands above that account too, and might have changed what it says. What is
 * required from there up holds as before.
 */
export async function moveAccount(
  ctx: RequestContext,
  caller: Caller,
  { account, parent }: Move,
): Promise<Outcome<Account, Reason>> {
  // Nobody lifts themselves out of what is required above them. Only the root's own administrators reach the root.
  if (account.id === caller.accountId) return refuse('forbidden');
  if (account.parentId === parent.id) return success(account);
  return withTransaction(ctx, async (tx) => {
    await lockTree(tx.store);
    // Either may have gone, or been moved out of reach, since it was looked up.
    for (const { id } of [account, parent]) {
      const reached = await reachAccount(tx, caller, id);
      if (!reached.ok) return reached;
    }
    if (await findBelow(tx.store, account.id, parent.id)) return refuse('below_itself');
    const levels = (await depthOf(tx.store, parent.id)) + 1 + (await heightOf(tx.store, account.id));
    if (levels > deepest) return refuse('too_deep');
    const left = await leftBehind(tx, caller, { account, parent });
    if (await namesProviderOf(tx.store, account.id, left)) return refuse('in_use');
    if (!(await placeBelow(tx.store, account, parent.id))) return refuse('raced');
    await logSuccess(tx, changed('account.move', caller, account.id));
    return success({ ...account, parentId: parent.id, revision: account.revision + 1 });
  });
}

/** The accounts that stand above an account and would no longer. Those above the caller's own stand above both places. */
async function leftBehind(
  { store }: RequestContext,
  caller: Caller,
  { account, parent }: Move,
): Promise<readonly string[]> {
  const [before, above] = [
    await listAbove(store, caller.accountId, account.id),
    await listAbove(store, caller.accountId, parent.id),
  ];
  const after = new Set([...above, parent].map(({ id }) => id));
  return before.map(({ id }) => id).filter((id) => !after.has(id));
}
