import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { heightOf, lockTree, placeBelow } from '../../store/account-tree.ts';
import { depthOf, findBelow, listAbove, type Account } from '../../store/accounts.ts';
import { advanceEpochsBelow } from '../../store/users.ts';
import { namesProviderOf } from '../../store/security.ts';
import { changed, maxDepth } from './change-account.ts';
import { reachAccount } from './reach-account.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';

export type Move = { readonly account: Account; readonly parent: Account };

/**
 * Moves an account and its descendants below another account; the caller may access both. Requirements of ancestors
 * that it loses no longer apply to it. That is safe, because the caller administers these ancestors too and could
 * change their configuration.
 */
export async function moveAccount(
  ctx: RequestContext,
  caller: Caller,
  { account, parent }: Move,
): Promise<Outcome<Account, Reason>> {
  // Administrators must not move their own account away from an ancestor that sets requirements for it.
  if (account.id === caller.accountId) return refuse('forbidden');
  if (account.parentId === parent.id) return success(account);
  return withTransaction(ctx, async (tx) => {
    await lockTree(tx.store);
    // Either account may have been removed or moved since it was read.
    for (const { id } of [account, parent]) {
      const reached = await reachAccount(tx, caller, id);
      if (!reached.ok) return reached;
    }
    if (await findBelow(tx.store, account.id, parent.id)) return refuse('below_itself');
    const levels = (await depthOf(tx.store, parent.id)) + 1 + (await heightOf(tx.store, account.id));
    if (levels > maxDepth) return refuse('too_deep');
    const lost = await lostAncestors(tx, caller, { account, parent });
    if (await namesProviderOf(tx.store, account.id, lost)) return refuse('in_use');
    if (!(await placeBelow(tx.store, account, parent.id))) return refuse('raced');
    // Another policy applies to its users now, so their sessions and open challenges end.
    await advanceEpochsBelow(tx.store, account.id);
    await logSuccess(tx, changed('account.move', caller, account.id));
    return success({ ...account, parentId: parent.id, revision: account.revision + 1 });
  });
}

/** The ancestors that an account would lose. Those above the caller's account are ancestors of both places. */
async function lostAncestors(
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
