import { sql } from 'kysely';
import { noticeName, type NoticeName } from '../messages/texts.ts';
import type { Store } from './store.ts';
import type { User } from './users.ts';

/** What a user is told of: the name of its text, and the kind of factor it is about. */
export type Notice = { readonly name: NoticeName; readonly factor?: string | undefined };

/** One that waits to be sent. It is sent after the fact, and until a gateway takes it. */
export type DueNotice = Notice & {
  readonly attemptId: string;
  readonly user: string;
  /** The id of the user's account. */
  readonly account: string;
  readonly to: string;
  readonly at: number;
  readonly tries: number;
  readonly dueAt: number;
};

export const noticePlace = (attempt: string) => `notices.to.${attempt}`;

/** Notes that a user has to be told, in the transaction of what they are told of. Users without an address are not. */
export async function writeNotice(
  { db, safe }: Store,
  user: User,
  { attempt, name, factor }: Notice & { readonly attempt: string },
  now: number,
): Promise<void> {
  if (user.email === null) return;
  const to = safe.seal(noticePlace(attempt), user.email);
  await db
    .insertInto('notices')
    .values({ attempt_id: attempt, user_id: user.id, to, name, factor: factor ?? null, at: now, tries: 0, due_at: now })
    .execute();
}

export async function dueNotices({ db, safe }: Store, limit: number, now: number): Promise<readonly DueNotice[]> {
  const rows = await db
    .selectFrom('notices')
    .innerJoin('users', 'users.id', 'notices.user_id')
    .selectAll('notices')
    .select(['users.name as user', 'users.account_id as account'])
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    attemptId: row.attempt_id,
    user: row.user,
    account: row.account,
    to: safe.open(noticePlace(row.attempt_id), row.to),
    name: noticeName.parse(row.name),
    factor: row.factor ?? undefined,
    at: row.at,
    tries: row.tries,
    dueAt: row.due_at,
  }));
}

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
