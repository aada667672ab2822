import { sql, type Selectable } from 'kysely';
import { noticeName, type NoticeName } from '../messages/texts.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';
import type { User } from './users.ts';

/** What a user is told of: the name of its text, and the kind of factor it is about. */
export type NoticeContent = { readonly name: NoticeName; readonly factor?: string | undefined };

/** One that waits to be sent. It is sent after the fact, and until a gateway takes it. */
export type DueNotice = NoticeContent & {
  readonly attemptId: string;
  readonly user: string;
  /** The id of the user's account. */
  readonly account: string;
  readonly to: string;
  readonly at: number;
  readonly tries: number;
  readonly dueAt: number;
  /** Whether it was put off, to be sent in one message with the others of its destination. */
  readonly inDigest: boolean;
};

export const noticePlace = (attempt: string) => `notices.to.${attempt}`;

/** What an address is found by, under every key of the ring. */
export const destinationsOf = ({ safe }: Store, to: string) => safe.macs('destination', to.toLowerCase());

/** Notes that a user has to be told, in the transaction of what they are told of. Users without an address are not. */
export async function writeNotice(
  store: Store,
  user: User,
  { attempt, name, factor }: NoticeContent & { readonly attempt: string },
  now: number,
): Promise<void> {
  if (user.email === null) return;
  const { db, safe } = store;
  const [destination = null] = destinationsOf(store, user.email);
  const to = safe.seal(noticePlace(attempt), user.email);
  const due = { at: now, tries: 0, due_at: now };
  await db
    .insertInto('notices')
    .values({ attempt_id: attempt, user_id: user.id, to, destination, name, factor: factor ?? null, ...due })
    .execute();
}

/**
 * The notices that are due, `limit` of them: as many of each user, and first those of users with the fewest. So however many one user has,
 * another's are not kept waiting.
 */
export async function dueNotices(store: Store, limit: number, now: number): Promise<readonly DueNotice[]> {
  const users = await store.db
    .selectFrom('notices')
    .select('user_id')
    .where('due_at', '<=', now)
    .groupBy('user_id')
    .orderBy(({ fn }) => fn.countAll())
    .orderBy(({ fn }) => fn.min('due_at'))
    .limit(limit)
    .execute();
  const due: DueNotice[] = [];
  for (const { user_id: userId } of users)
    due.push(...(await dueOf(store, userId, Math.floor(limit / users.length), now)));
  return due;
}

async function dueOf({ db, safe }: Store, userId: string, limit: number, now: number): Promise<readonly DueNotice[]> {
  const rows = await db
    .selectFrom('notices')
    .innerJoin('users', 'users.id', 'notices.user_id')
    .selectAll('notices')
    .select(['users.name as user', 'users.account_id as account'])
    .where('user_id', '=', userId)
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .orderBy('attempt_id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    attemptId: row.attempt_id,
    user: row.user,
    account: row.account,
    to: safe.open(noticePlace(row.attempt_id), row.to),
    ...noticeIn(row),
    at: row.at,
    tries: row.tries,
    dueAt: row.due_at,
    inDigest: row.in_digest === 1,
  }));
}

/** What a row tells its user of. */
export const noticeIn = ({ name, factor }: Pick<Selectable<Tables['notices']>, 'name' | 'factor'>): NoticeContent => ({
  name: noticeName.parse(name),
  factor: factor ?? undefined,
});

/** Takes a notice for one try and puts it off until the next, so that no two nodes send it at once. False: another node has it. */
export async function claimNotice({ db }: Store, notice: DueNotice, nextAt: number): Promise<boolean> {
  const result = await db
    .updateTable('notices')
    .set({ due_at: nextAt, tries: sql`tries + 1` })
    .where('attempt_id', '=', notice.attemptId)
    .where('due_at', '=', notice.dueAt)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function removeNotice({ db }: Store, attemptId: string): Promise<void> {
  await db.deleteFrom('notices').where('attempt_id', '=', attemptId).execute();
}
