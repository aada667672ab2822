import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { carryOver, type Session } from '../../store/sessions.ts';
import { writeNotice, type NoticeContent } from '../../store/notices.ts';
import { advanceEpoch, type User } from '../../store/users.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess, type AttemptFacts } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';

export type Change = {
  readonly user: User;
  /** Through whose session it is made. Only the user's own goes on; absent when the operator does it. */
  readonly caller?: Caller | undefined;
  readonly tried: AttemptFacts;
  /** What the user is told of it. */
  readonly notice: NoticeContent;
  /** What that session has proven by the change itself. */
  readonly proven?: Pick<Session, 'amr' | 'secondFactorAt'> | undefined;
};

/**
 * Every change to a user's factors happens here: in one transaction the user's epoch moves on, which ends every other session and
 * every open challenge, the change is written, and the session it came through is taken along. Two changes at once: one wins.
 */
export async function changeFactors<Value>(
  ctx: RequestContext,
  { user, caller, tried, notice, proven }: Change,
  write: (tx: RequestContext) => Promise<Outcome<Value, Reason>>,
): Promise<Outcome<Value, Reason>> {
  return withTransaction(ctx, async (tx) => {
    if (!(await advanceEpoch(tx.store, user.id, user.epoch))) return refuse('raced');
    const written = await write(tx);
    if (!written.ok) return written;
    if (caller?.userId === user.id) {
      const kept = await carryOver(tx.store, { ...caller, ...proven, epoch: user.epoch + 1 });
      if (!kept) return refuse('raced');
    }
    const attempt = await logSuccess(tx, { ...tried, accountId: user.accountId, userId: user.id });
    await writeNotice(tx.store, user, { attempt, ...notice }, ctx.now);
    return success(written.value);
  });
}
