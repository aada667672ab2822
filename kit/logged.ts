import type { Attempt } from '../src/store/attempts.ts';
import type { Store } from '../src/store/store.ts';

/** The columns of an attempt that tests compare. */
export type Logged = Pick<Attempt, 'action' | 'factor' | 'outcome' | 'reason' | 'userId' | 'authModule' | 'sessionId'>;

/** The attempts that some work logs, the oldest first. */
export async function logged({ db }: Pick<Store, 'db'>, work: () => Promise<unknown>): Promise<readonly Logged[]> {
  const rows = db.selectFrom('attempts').orderBy('at').orderBy('id');
  const before = (await rows.select('id').execute()).map(({ id }) => id);
  await work();
  const added = before.length === 0 ? rows : rows.where('id', 'not in', before);
  return added
    .select([
      'action',
      'factor',
      'outcome',
      'reason',
      'user_id as userId',
      'auth_module as authModule',
      'session_id as sessionId',
    ])
    .execute();
}
