import { sql, type ExpressionBuilder, type Selectable } from 'kysely';
import type { Digest } from '../messages/texts.ts';
import { destinationsOf, noticeIn, type DueNotice } from './notices.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

/** The number of changes that a message lists. The others are only counted. */
const maxChanges = 100;

/** The number of notices that one call postpones. The limit keeps transactions short. */
const maxPostponed = 1000;

/**
 * Postpones a notice, and all others that are due at its address and were never tried, to send them as one digest.
 * Notices about the same change of a user become one row with a count. Call it in the transaction of
 * `claimNoticeShare`, which locks the address.
 */
export async function postponeNotices(
  store: Store,
  { attemptId, to }: DueNotice,
  until: number,
  now: number,
): Promise<void> {
  const destinations = destinationsOf(store, to);
  const rows = await store.db
    .selectFrom('notices')
    .select(['attempt_id', 'user_id', 'name', 'factor', 'at'])
    // Rows that an older version wrote have no destination.
    .where((where) => where.or([where('destination', 'in', destinations), where('attempt_id', '=', attemptId)]))
    .where('in_digest', '=', 0)
    .where('tries', '=', 0)
    .where('due_at', '<=', now)
    .orderBy('at')
    .limit(maxPostponed)
    .execute();
  const groups = Map.groupBy(rows, ({ user_id, name, factor }) => JSON.stringify([user_id, name, factor]));
  for (const notices of groups.values()) await postponeGroup(store, { notices, destinations, until, now });
}

type NoticeGroup = {
  readonly notices: readonly Pick<Selectable<Tables['notices']>, 'attempt_id' | 'user_id' | 'name' | 'factor' | 'at'>[];
  readonly destinations: readonly string[];
  readonly until: number;
  readonly now: number;
};

/** Adds equal notices to the count of the row that is already postponed, or postpones the first of them as that row. */
async function postponeGroup({ db }: Store, { notices, destinations, until, now }: NoticeGroup): Promise<void> {
  const [first] = notices;
  if (!first) return;
  const last = { last_at: notices.at(-1)?.at ?? first.at };
  const counted = await db
    .updateTable('notices')
    .set({ ...last, count: sql`count + ${notices.length}` })
    .where((where) => isInDigest(where, destinations, 0))
    .where('due_at', '>', now)
    .where('user_id', '=', first.user_id)
    .where('name', '=', first.name)
    .where('factor', first.factor === null ? 'is' : '=', first.factor)
    .executeTakeFirst();
  if (counted.numUpdatedRows === 0n) {
    const [destination = null] = destinations;
    const postponed = { ...last, due_at: until, in_digest: 1, count: notices.length, destination };
    await db.updateTable('notices').set(postponed).where('attempt_id', '=', first.attempt_id).execute();
  }
  const ids = notices.slice(counted.numUpdatedRows === 0n ? 1 : 0).map((row) => row.attempt_id);
  if (ids.length > 0) await db.deleteFrom('notices').where('attempt_id', 'in', ids).execute();
}

/**
 * Claims all notices of the digest of a notice that is claimed already, for the same try, and returns the digest's
 * content. Call it in the transaction of that claim.
 */
export async function claimDigest(store: Store, notice: DueNotice, nextAt: number, now: number): Promise<Digest> {
  const { db } = store;
  const destinations = destinationsOf(store, notice.to);
  await db
    .updateTable('notices')
    .set({ due_at: nextAt, tries: notice.tries + 1 })
    .where((where) => isInDigest(where, destinations, notice.tries))
    .where('due_at', '<=', now)
    .execute();
  const rows = await db
    .selectFrom('notices')
    .innerJoin('users', 'users.id', 'notices.user_id')
    .select(({ fn }) => [
      'notices.name',
      'notices.factor',
      'users.name as user',
      fn.sum<number | string>('count').as('count'),
      fn.min('at').as('firstAt'),
      sql<number>`max(coalesce(last_at, at))`.as('lastAt'),
      sql<number | string>`sum(sum(notices.count)) over ()`.as('total'),
    ])
    .where((where) => isInDigest(where, destinations, notice.tries + 1))
    .where('due_at', '=', nextAt)
    .groupBy(['notices.name', 'notices.factor', 'users.id', 'users.name'])
    // Ids grow with time, so users created to flood an address come after the user who had it before.
    .orderBy('users.id')
    .orderBy('firstAt')
    .limit(maxChanges)
    .execute();
  const changes = rows.map(({ name, factor, user, count, firstAt, lastAt }) => ({
    ...noticeIn({ name, factor }),
    user,
    count: Number(count),
    firstAt,
    lastAt,
  }));
  return { changes, total: Number(rows[0]?.total ?? 0) };
}

/** Deletes the notices of a digest after it was sent. */
export async function removeDigest(store: Store, notice: DueNotice, nextAt: number): Promise<void> {
  const destinations = destinationsOf(store, notice.to);
  await store.db
    .deleteFrom('notices')
    .where((where) => isInDigest(where, destinations, notice.tries + 1))
    .where('due_at', '=', nextAt)
    .execute();
}

const isInDigest = (where: ExpressionBuilder<Tables, 'notices'>, destinations: readonly string[], tries: number) =>
  where.and([where('destination', 'in', destinations), where('in_digest', '=', 1), where('tries', '=', tries)]);
