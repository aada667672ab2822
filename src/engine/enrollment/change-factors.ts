import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { carryOver } from '../../store/session-generations.ts';
import { writeNotice, type NoticeContent } from '../../store/notices.ts';
import { advanceEpoch, type User } from '../../store/users.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess, type AttemptFacts } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';

export type Change = {
  readonly user: User;
  /**
   * The session that makes the change; absent for the operator and for services. It stays valid only if it is the
   * user's own.
   */
  readonly caller?: Caller | undefined;
  readonly facts: AttemptFacts;
  /** The notice to the user. */
  readonly notice: NoticeContent;
};

/**
 * Makes a change to a user's factors, name, address or number in one transaction: it advances the user's epoch, which voids all sessions and
 * challenges, writes the change, and moves the caller's session to the new epoch. Of two simultaneous changes, one is
 * refused.
 */
export async function changeFactors<Value>(
  ctx: RequestContext,
  { user, caller, facts, notice }: Change,
  write: (tx: RequestContext) => Promise<Outcome<Value, Reason>>,
): Promise<Outcome<Value, Reason>> {
  return withTransaction(ctx, async (tx) => {
    if (!(await advanceEpoch(tx.store, user.id, user.epoch))) return refuse('raced');
    const written = await write(tx);
    if (!written.ok) return written;
    if (caller?.userId === user.id) {
      if (!(await carryOver(tx.store, { ...caller, epoch: user.epoch + 1 }))) return refuse('raced');
    }
    const attempt = await logSuccess(tx, { ...facts, accountId: user.accountId, userId: user.id });
    await writeNotice(tx.store, user, { attempt, ...notice }, ctx.now);
    return success(written.value);
  });
}
