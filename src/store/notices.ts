import { sql, type Selectable } from 'kysely';
import { noticeName, type NoticeName } from '../messages/texts.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';
import type { User } from './users.ts';

/** The subject of a notice: the name of its text, and the kind of factor. */
export type NoticeContent = { readonly name: NoticeName; readonly factor?: string | undefined };

/** A notice that waits to be sent. Sending is retried until the mail server accepts it. */
export type DueNotice = NoticeContent & {
  readonly attemptId: string;
  readonly user: string;
  /** The id of the user's account. */
  readonly account: string;
  readonly to: string;
  readonly at: number;
  readonly tries: number;
  readonly dueAt: number;
  /** Whether it was postponed, to be sent in one message with the others of its address. */
  readonly inDigest: boolean;
};

export const noticePlace = (attempt: string) => `notices.to.${attempt}`;

/** The keyed hashes of an address, one for each key of the ring. */
export const destinationsOf = ({ safe }: Store, to: string) => safe.macs('destination', to.toLowerCase());

/**
 * Queues a notice to a user, in the transaction of the change it is about. Users without an e-mail address get none.
 */
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
 * Up to `limit` notices that are due, the same number of each user, beginning with the users who have the fewest. So a
 * user with many notices does not delay those of others.
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

/** The content of a row. */
export const noticeIn = ({ name, factor }: Pick<Selectable<Tables['notices']>, 'name' | 'factor'>): NoticeContent => ({
  name: noticeName.parse(name),
  factor: factor ?? undefined,
});

/**
 * Claims a notice for one try by setting the time of the next, so that no two nodes send it at once. False: another
 * node has it.
 */
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
