import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { Account } from '../../store/accounts.ts';
import { findAttempt, findAttempts, type Attempt, type AttemptFilter, type AttemptPage } from '../../store/attempts.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { loginActions } from './log-attempt.ts';

/** Which audit events to list: those of second factors, or of all steps of a login. */
export type AttemptTopic = 'second factors' | 'logins';

const actions: Readonly<Record<AttemptTopic, readonly string[]>> = {
  'second factors': ['answer', 'send'],
  logins: loginActions,
};

export type AttemptQuery = {
  readonly about: AttemptTopic;
  readonly filter: Omit<AttemptFilter, 'accountId' | 'actions'>;
  readonly page: AttemptPage;
};

/** The audit events of an account, newest first. The caller has already checked access (`reachAccount`). */
export async function browseAttempts(
  ctx: RequestContext,
  account: Account,
  { about, filter, page }: AttemptQuery,
): Promise<readonly Attempt[]> {
  return findAttempts(ctx.store, { ...filter, accountId: account.id, actions: actions[about] }, page);
}

/** An audit event of an account. The caller has already checked access (`reachAccount`). */
export async function findAttemptOf(
  ctx: RequestContext,
  account: Account,
  { about, id }: { readonly about: AttemptTopic; readonly id: string },
): Promise<Outcome<Attempt, Reason>> {
  const attempt = await findAttempt(ctx.store, { accountId: account.id, actions: actions[about] }, id);
  return attempt ? success(attempt) : refuse('not_found');
}
