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
 * The account that an id, or `root`, means to this caller: an administrator reaches their own and all below it. For everybody else, and
 * everywhere else, there is nothing.
 */
export async function reachAccount(ctx: RequestContext, caller: Caller, id: string): Promise<Outcome<Account, Reason>> {
  if (!isAdministrator(caller)) return refuse('not_found');
  const meant = id === 'root' ? (await rootAccount(ctx.store))?.id : id;
  const account = meant === undefined ? undefined : await findBelow(ctx.store, caller.accountId, meant);
  return account ? success(account) : refuse('not_found');
}

/** The accounts below one that the caller has reached. */
export async function browseBelow(
  ctx: RequestContext,
  account: Account,
  { which, page }: { readonly which: 'children' | 'descendants'; readonly page: Page },
): Promise<readonly Account[]> {
  return listBelow(ctx.store, account.id, which, page);
}

/** The accounts above one that the caller has reached, as far up as the caller reaches. */
export async function browseAbove(ctx: RequestContext, caller: Caller, account: Account): Promise<readonly Account[]> {
  return listAbove(ctx.store, caller.accountId, account.id);
}

/** The account in which somebody has just logged in. */
export async function accountOf(ctx: RequestContext, { accountId }: CompletedLogin): Promise<Outcome<Account, Reason>> {
  const account = await findAccount(ctx.store, accountId);
  return account ? success(account) : refuse('unknown_account');
}
