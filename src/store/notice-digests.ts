import { sql, type ExpressionBuilder, type Selectable } from 'kysely';
import type { Digest } from '../messages/texts.ts';
import { destinationsOf, noticeIn, type DueNotice } from './notices.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

/** A message holds so many kinds of changes; others are only counted in it. */
const mostChanges = 100;

/** So many notices are put off by one call, so that a long queue holds the database for no longer than a short one. */
const mostAtOnce = 1000;

/**
 * Puts off a notice, and others that are due at its destination and were never tried, to be sent in one message then. Those of one kind about
 * one user become one row that counts them. Call it where the destination's share is claimed: its row keeps others from doing the same.
 */
export async function putOffNotices(
  store: Store,
  { attemptId, to }: DueNotice,
  until: number,
  now: number,
): Promise<void> {
  const destinations = destinationsOf(store, to);
  const rows = await store.db
    .selectFrom('notices')
    .select(['attempt_id', 'user_id', 'name', 'factor', 'at'])
    // One that an older program wrote names no destination.
    .where((where) => where.or([where('destination', 'in', destinations), where('attempt_id', '=', attemptId)]))
    .where('in_digest', '=', 0)
    .where('tries', '=', 0)
    .where('due_at', '<=', now)
    .orderBy('at')
    .limit(mostAtOnce)
    .execute();
  const kinds = Map.groupBy(rows, ({ user_id, name, factor }) => JSON.stringify([user_id, name, factor]));
  for (const alike of kinds.values()) await putOffAlike(store, { alike, destinations, until, now });
}

type Alike = {
  readonly alike: readonly Pick<Selectable<Tables['notices']>, 'attempt_id' | 'user_id' | 'name' | 'factor' | 'at'>[];
  readonly destinations: readonly string[];
  readonly until: number;
  readonly now: number;
};

/** Counts notices in the row that waits already, or makes the first of them that row. */
async function putOffAlike({ db }: Store, { alike, destinations, until, now }: Alike): Promise<void> {
  const [first] = alike;
  if (!first) return;
  const last = { last_at: alike.at(-1)?.at ?? first.at };
  const counted = await db
    .updateTable('notices')
    .set({ ...last, count: sql`count + ${alike.length}` })
    .where((where) => isInDigest(where, destinations, 0))
    .where('due_at', '>', now)
    .where('user_id', '=', first.user_id)
    .where('name', '=', first.name)
    .where('factor', first.factor === null ? 'is' : '=', first.factor)
    .executeTakeFirst();
  if (counted.numUpdatedRows === 0n) {
    const waiting = { ...last, due_at: until, in_digest: 1, count: alike.length, destination: destinations[0] ?? null };
    await db.updateTable('notices').set(waiting).where('attempt_id', '=', first.attempt_id).execute();
  }
  const ids = alike.slice(counted.numUpdatedRows === 0n ? 1 : 0).map((row) => row.attempt_id);
  if (ids.length > 0) await db.deleteFrom('notices').where('attempt_id', 'in', ids).execute();
}

/**
 * Takes all notices that were put off with one that is claimed already, for the same try and until the same instant, and says what they are
 * about. Call it in the transaction of the claim.
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
    // Ids grow with time: users who are made to fill an address with notices come behind the user who had it.
    .orderBy('users.id')
    .orderBy('firstAt')
    .limit(mostChanges)
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

/** Removes what a digest was claimed with. */
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
