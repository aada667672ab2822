import { success } from '../base/outcome.ts';
import { newestAttemptAt } from '../store/attempts.ts';
import { inTransaction, type Store } from '../store/store.ts';
import { countUsers } from '../store/user-counts.ts';
import { advanceEveryEpoch } from '../store/users.ts';

export type Restored = {
  readonly users: number;
  /** When the newest attempt was made that the copy knows of, in milliseconds since the Unix epoch. */
  readonly newest: number | undefined;
};

/**
 * A copy of an earlier day knows nothing of what has ended since, so every session, challenge and refresh token in it ends. What was spent it does not
 * know either: codes by their short lives are over before anybody logs in again, and recovery codes are for their owners to renew.
 */
export async function settleRestored(store: Store): Promise<Restored> {
  const settled = await inTransaction(store, async (tx) => {
    await advanceEveryEpoch(tx);
    return success({ users: await countUsers(tx), newest: await newestAttemptAt(tx) });
  });
  if (!settled.ok) throw new Error('a copy could not be settled');
  return settled.value;
}
