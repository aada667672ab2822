import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { timeOrderedHex } from '../../base/random.ts';
import { lockTree } from '../../store/account-tree.ts';
import { deleteAccount, depthOf, insertAccount, updateAccount, type Account } from '../../store/accounts.ts';
import { hasPrivilegedUsersBelow } from '../../store/list-users.ts';
import { isDuplicate, isReferenced } from '../../store/store.ts';
import { endScopedKeysBelow } from '../../store/usable-key.ts';
import { advanceEpochsBelow } from '../../store/users.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess, type AttemptFacts } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';
import { isManageKey } from '../session/manage-key.ts';

/** The greatest number of ancestors of an account. */
export const maxDepth = 32;

export type AccountProfile = Pick<Account, 'name' | 'realm'> & Partial<Pick<Account, 'enabled'>>;

/** Absent members are not changed. */
export type AccountChanges = { readonly [Member in keyof AccountProfile]?: AccountProfile[Member] | undefined };

/** Creates a child of an account that the caller may access. */
export async function makeAccount(
  ctx: RequestContext,
  caller: Caller,
  { parent, profile }: { readonly parent: Account; readonly profile: AccountProfile },
): Promise<Outcome<Account, Reason>> {
  const { now } = ctx;
  const made = {
    id: timeOrderedHex(ctx.random, now),
    parentId: parent.id,
    ...profile,
    enabled: profile.enabled ?? true,
  };
  return refusingTreeErrors(async () =>
    withTransaction(ctx, async (tx) => {
      await lockTree(tx.store);
      if ((await depthOf(tx.store, parent.id)) + 1 > maxDepth) return refuse('too_deep');
      await insertAccount(tx.store, made, now);
      await logSuccess(tx, changed('account.make', caller, made.id));
      return success({ ...made, revision: 0, createdAt: now });
    }),
  );
}

/** Changes an account that the caller may access. */
export async function changeAccount(
  ctx: RequestContext,
  caller: Caller,
  { account, changes }: { readonly account: Account; readonly changes: AccountChanges },
): Promise<Outcome<Account, Reason>> {
  const { name = account.name, realm = account.realm, enabled = account.enabled } = changes;
  if (isManageKey(caller) && account.id === caller.accountId) return refuse('unattended');
  if (!enabled && account.id === caller.accountId) return refuse('forbidden');
  return refusingTreeErrors(async () =>
    withTransaction(ctx, async (tx) => {
      // Two accounts of one tree that are disabled at once would write their users' rows in different orders.
      if (!enabled) await lockTree(tx.store);
      const switches = enabled !== account.enabled;
      // It would end the sessions of its administrators and services, or let them in again.
      if (switches && isManageKey(caller) && (await hasPrivilegedUsersBelow(tx.store, account.id)))
        return refuse('unattended');
      if (!(await updateAccount(tx.store, account, { name, realm, enabled }))) return refuse('raced');
      if (!enabled) await advanceEpochsBelow(tx.store, account.id);
      if (switches) await endScopedKeysBelow(tx.store, account.id);
      await logSuccess(tx, changed('account.change', caller, account.id));
      return success({ ...account, name, realm, enabled, revision: account.revision + 1 });
    }),
  );
}

/** Removes an account without children, users and clients. */
export async function removeAccount(
  ctx: RequestContext,
  caller: Caller,
  account: Account,
): Promise<Outcome<undefined, Reason>> {
  if (isManageKey(caller) && account.id === caller.accountId) return refuse('unattended');
  return refusingTreeErrors(async () =>
    withTransaction(ctx, async (tx) => {
      await lockTree(tx.store);
      if (!(await deleteAccount(tx.store, account))) return refuse('in_use');
      const facts = { ...changed('account.remove', caller, account.id), accountId: account.parentId };
      await logSuccess(tx, facts);
      return success(undefined);
    }),
  );
}

export function changed(action: string, caller: Caller, accountId: string): AttemptFacts {
  return { action, accountId, userId: caller.userId, sessionId: caller.id, objectId: accountId };
}

/**
 * Turns errors of the database into refusals: a name that is taken, or an account that is still referred to or no
 * longer exists.
 */
async function refusingTreeErrors<Value>(work: () => Promise<Outcome<Value, Reason>>): Promise<Outcome<Value, Reason>> {
  try {
    return await work();
  } catch (error) {
    if (isDuplicate(error)) return refuse('name_taken');
    if (isReferenced(error)) return refuse('in_use');
    throw error;
  }
}
