import { refuse, success, type Outcome } from '../base/outcome.ts';
import type { Account } from '../store/accounts.ts';
import { findAttempt, findAttempts, type Attempt, type AttemptFilter, type AttemptPage } from '../store/attempts.ts';
import type { Context } from './context.ts';
import type { Reason } from './reasons.ts';

/** What an attempt was about: a second factor, or any step of a login. */
export type About = 'second factors' | 'logins';

const actions: Readonly<Record<About, readonly string[]>> = {
  'second factors': ['answer', 'send'],
  logins: ['login', 'answer', 'send'],
};

/** The attempts of an account that the caller has reached, the newest first. */
export async function browseAttempts(
  ctx: Context,
  account: Account,
  about: About,
  filter: Omit<AttemptFilter, 'accountId' | 'actions'>,
  page: AttemptPage,
): Promise<readonly Attempt[]> {
  return findAttempts(ctx.store, { ...filter, accountId: account.id, actions: actions[about] }, page);
}

/** One of them. */
export async function reachAttempt(
  ctx: Context,
  account: Account,
  about: About,
  id: string,
): Promise<Outcome<Attempt, Reason>> {
  const attempt = await findAttempt(ctx.store, { accountId: account.id, actions: actions[about] }, id);
  return attempt ? success(attempt) : refuse('not_found');
}
