import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { findAccount } from '../../store/accounts.ts';
import type { AttemptRow } from '../../store/attempt-chain.ts';
import { readLog, type LogFilter } from '../../store/attempts.ts';
import type { Context, RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';

/** The id of an account with an audit log, found by id or name. The log of a deleted account is found by its id. */
export async function findLog(ctx: RequestContext, idOrName: string): Promise<Outcome<string, Reason>> {
  const account = await findAccount(ctx.store, idOrName);
  if (account) return success(account.id);
  const remaining = await readLog(ctx.store, { accountId: idOrName }, { after: '', limit: 1 });
  return remaining.length > 0 ? success(idOrName) : refuse('unknown_account');
}

const pageSize = 250;

/** All matching audit events with all columns, the oldest first, in pages. */
export async function* readAttempts({ store }: Context, filter: LogFilter): AsyncGenerator<readonly AttemptRow[]> {
  let after = '';
  for (;;) {
    const page = await readLog(store, filter, { after, limit: pageSize });
    if (page.length > 0) yield page;
    after = page.at(-1)?.id ?? after;
    if (page.length < pageSize) return;
  }
}
