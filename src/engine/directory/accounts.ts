import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { timeOrderedHex } from '../../base/random.ts';
import { holdTree } from '../../store/account-tree.ts';
import {
  deleteAccount,
  depthOf,
  findAccount,
  findBelow,
  insertAccount,
  listAbove,
  listBelow,
  rootAccount,
  updateAccount,
  type Account,
  type Page,
} from '../../store/accounts.ts';
import { isDuplicate, isReferenced } from '../../store/store.ts';
import type { CompletedLogin } from '../login/after-first-factor.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess, type Tried } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';
import { isAdministrator } from './users.ts';

/** How many accounts may stand above one. */
export const deepest = 32;

/**
 * The account that an id, or `root`, means to this caller: an administrator reaches their own and all below it. For everybody else, and
 * everywhere else, there is nothing.
 */
export async function reachAccount(ctx: RequestContext, caller: Caller, id: string): Promise<Outcome<Account, Reason>> {
  if (!isAdministrator(caller)) return refuse('not_found');
  const meant = id === 'root' ? (await rootAccount(ctx.store))?.id : id;
  const account = meant === undefined ? undefined : await findBelow(ctx.store, caller.accountId, meant);
  return account ? success(account) : refuse('not_found');
}

export type AccountProfile = Pick<Account, 'name' | 'realm'>;

/** What is absent stays as it is. */
export type AccountChanges = { readonly [Member in keyof AccountProfile]?: AccountProfile[Member] | undefined };

/** Makes a child of an account that the caller has reached. */
export async function makeAccount(
  ctx: RequestContext,
  caller: Caller,
  { parent, profile }: { readonly parent: Account; readonly profile: AccountProfile },
): Promise<Outcome<Account, Reason>> {
  const { now } = ctx;
  const made = { id: timeOrderedHex(ctx.random, now), parentId: parent.id, ...profile };
  return writing(async () =>
    withTransaction(ctx, async (tx) => {
      await holdTree(tx.store);
      if ((await depthOf(tx.store, parent.id)) + 1 > deepest) return refuse('too_deep');
      await insertAccount(tx.store, made, now);
      await logSuccess(tx, changed('account.make', caller, made.id));
      return success({ ...made, revision: 0, createdAt: now });
    }),
  );
}

/** Changes an account that the caller has reached. */
export async function changeAccount(
  ctx: RequestContext,
  caller: Caller,
  { account, changes }: { readonly account: Account; readonly changes: AccountChanges },
): Promise<Outcome<Account, Reason>> {
  const { name = account.name, realm = account.realm } = changes;
  return writing(async () =>
    withTransaction(ctx, async (tx) => {
      if (!(await updateAccount(tx.store, account, { name, realm }))) return refuse('raced');
      await logSuccess(tx, changed('account.change', caller, account.id));
      return success({ ...account, name, realm, revision: account.revision + 1 });
    }),
  );
}

/** Removes an account on which no account, user or client hangs. */
export async function removeAccount(
  ctx: RequestContext,
  caller: Caller,
  account: Account,
): Promise<Outcome<undefined, Reason>> {
  return writing(async () =>
    withTransaction(ctx, async (tx) => {
      await holdTree(tx.store);
      if (!(await deleteAccount(tx.store, account))) return refuse('in_use');
      const tried = { ...changed('account.remove', caller, account.id), accountId: account.parentId };
      await logSuccess(tx, tried);
      return success(undefined);
    }),
  );
}

/** The accounts below one that the caller has reached. */
export async function browseBelow(
  ctx: RequestContext,
  account: Account,
  which: 'children' | 'descendants',
  page: Page,
): Promise<readonly Account[]> {
  return listBelow(ctx.store, account.id, which, page);
}

/** The accounts above one that the caller has reached, as far up as the caller reaches. */
export async function browseAbove(ctx: RequestContext, caller: Caller, account: Account): Promise<readonly Account[]> {
  return listAbove(ctx.store, caller.accountId, account.id);
}

export function changed(action: string, caller: Caller, accountId: string): Tried {
  return { action, accountId, userId: caller.userId, sessionId: caller.id, objectId: accountId };
}

/** What the tree itself refuses: a name twice, and a parent that went in the meantime, or that got a child. */
async function writing<Value>(work: () => Promise<Outcome<Value, Reason>>): Promise<Outcome<Value, Reason>> {
  try {
    return await work();
  } catch (error) {
    if (isDuplicate(error)) return refuse('name_taken');
    if (isReferenced(error)) return refuse('in_use');
    throw error;
  }
}

/** The account in which somebody has just logged in. */
export async function accountOf(ctx: RequestContext, { accountId }: CompletedLogin): Promise<Outcome<Account, Reason>> {
  const account = await findAccount(ctx.store, accountId);
  return account ? success(account) : refuse('unknown_account');
}
