import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { findAccount } from '../../store/accounts.ts';
import type { AttemptRow } from '../../store/attempt-chain.ts';
import { readLog, type LogFilter } from '../../store/attempts.ts';
import type { Context, RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';

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
