import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { findAccount, type Account } from '../../store/accounts.ts';
import type { AttemptRow } from '../../store/attempt-chain.ts';
import {
  findAttempt,
  findAttempts,
  readLog,
  type Attempt,
  type AttemptFilter,
  type AttemptPage,
  type LogFilter,
} from '../../store/attempts.ts';
import type { Context, RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';

/** What an attempt was about: a second factor, or any step of a login. */
export type AttemptTopic = 'second factors' | 'logins';

/** What belongs to a login, and what accounts may choose not to log. */
export const loginActions: readonly string[] = ['login', 'answer', 'send'];

const actions: Readonly<Record<AttemptTopic, readonly string[]>> = {
  'second factors': ['answer', 'send'],
  logins: loginActions,
};

export type AttemptQuery = {
  readonly about: AttemptTopic;
  readonly filter: Omit<AttemptFilter, 'accountId' | 'actions'>;
  readonly page: AttemptPage;
};

/** The attempts of an account that the caller has reached, the newest first. */
export async function browseAttempts(
  ctx: RequestContext,
  account: Account,
  { about, filter, page }: AttemptQuery,
): Promise<readonly Attempt[]> {
  return findAttempts(ctx.store, { ...filter, accountId: account.id, actions: actions[about] }, page);
}

/** One of them. */
export async function reachAttempt(
  ctx: RequestContext,
  account: Account,
  { about, id }: { readonly about: AttemptTopic; readonly id: string },
): Promise<Outcome<Attempt, Reason>> {
  const attempt = await findAttempt(ctx.store, { accountId: account.id, actions: actions[about] }, id);
  return attempt ? success(attempt) : refuse('not_found');
}

/** The id of the account whose log an id or a name means. An account that is gone has left its log. */
export async function findLog(ctx: RequestContext, idOrName: string): Promise<Outcome<string, Reason>> {
  const account = await findAccount(ctx.store, idOrName);
  if (account) return success(account.id);
  const left = await readLog(ctx.store, { accountId: idOrName }, { after: '', limit: 1 });
  return left.length > 0 ? success(idOrName) : refuse('unknown_account');
}

const pageSize = 250;

/** Every attempt that fits, with everything that is kept of it, the oldest first and some at a time. */
export async function* readAttempts({ store }: Context, filter: LogFilter): AsyncGenerator<readonly AttemptRow[]> {
  let after = '';
  for (;;) {
    const page = await readLog(store, filter, { after, limit: pageSize });
    if (page.length > 0) yield page;
    after = page.at(-1)?.id ?? after;
    if (page.length < pageSize) return;
  }
}
