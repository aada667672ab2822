import { refuse, success, type Outcome } from '../../base/outcome.ts';
import {
  findAccount,
  findBelow,
  listAbove,
  listBelow,
  rootAccount,
  type Account,
  type Page,
} from '../../store/accounts.ts';
import type { CompletedLogin } from '../login/login-outcome.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { isAdministrator, type Caller } from '../session/authenticate.ts';

/**
 * Finds an account by id, or `root`, that the caller may access: administrators may access their own account and its
 * descendants. All others are not found.
 */
export async function reachAccount(ctx: RequestContext, caller: Caller, id: string): Promise<Outcome<Account, Reason>> {
  if (!isAdministrator(caller)) return refuse('not_found');
  const accountId = id === 'root' ? (await rootAccount(ctx.store))?.id : id;
  const account = accountId === undefined ? undefined : await findBelow(ctx.store, caller.accountId, accountId);
  return account ? success(account) : refuse('not_found');
}

/** The children or descendants of an account that the caller may access. */
export async function browseBelow(
  ctx: RequestContext,
  account: Account,
  { which, page }: { readonly which: 'children' | 'descendants'; readonly page: Page },
): Promise<readonly Account[]> {
  return listBelow(ctx.store, account.id, which, page);
}

/** The ancestors of an account, up to the caller's own account. */
export async function browseAbove(ctx: RequestContext, caller: Caller, account: Account): Promise<readonly Account[]> {
  return listAbove(ctx.store, caller.accountId, account.id);
}

/** The account of a user who has just logged in. */
export async function accountOf(ctx: RequestContext, { accountId }: CompletedLogin): Promise<Outcome<Account, Reason>> {
  const account = await findAccount(ctx.store, accountId);
  return account ? success(account) : refuse('unknown_account');
}
