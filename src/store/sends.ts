import { sql } from 'kysely';
import { day, second } from '../base/clock.ts';
import type { Store } from './store.ts';

/** A rate limit on messages: at most `most` in a window. */
export type SendLimit = {
  /** The least time between two messages, in milliseconds. */
  readonly every: number;
  readonly most: number;
  /** The length of the window in milliseconds; a day when absent. */
  readonly within?: number;
};

/** A limit and the names of its counter. A name that is a keyed hash has one variant for each key of the ring. */
export type Share = SendLimit & { readonly names: readonly string[] };

export type SendClaim =
  | { readonly ok: true; /** The number of the message in its window, from 1. */ readonly count: number }
  | { readonly ok: false; /** Seconds. */ readonly retryAfter: number };

/**
 * Counts a message before it is sent, in one statement, so that simultaneous requests on all nodes together stay within
 * the limit. A window begins with the first message after the end of the previous window.
 */
export async function claimSend({ db }: Store, name: string, limit: SendLimit, now: number): Promise<SendClaim> {
  const { every, most, within = day } = limit;
  const isOver = sql<boolean>`sends.day_began + ${sql.lit(within)} <= ${now}`;
  const claimed = await db
    .insertInto('sends')
    .values({ destination: name, last_at: now, day_began: now, in_day: 1 })
    .onConflict((conflict) =>
      conflict
        .column('destination')
        .doUpdateSet({
          last_at: now,
          day_began: sql`case when ${isOver} then ${now} else sends.day_began end`,
          in_day: sql`case when ${isOver} then 1 else sends.in_day + 1 end`,
        })
        .where(sql`sends.last_at + ${every}`, '<=', now)
        .where((where) => where.or([where('sends.in_day', '<', most), isOver])),
    )
    .returning('in_day')
    .executeTakeFirst();
  if (claimed) return { ok: true, count: claimed.in_day };
  const row = await db.selectFrom('sends').selectAll().where('destination', '=', name).executeTakeFirst();
  if (!row) return { ok: false, retryAfter: 1 };
  const free = row.in_day < most ? row.last_at + every : row.day_began + within;
  return { ok: false, retryAfter: Math.max(1, Math.ceil((free - now) / second)) };
}

/**
 * Claims one message of each share, in order, and returns the last result. Several shares need a transaction, so that a
 * refusal undoes the claims before it. It keeps their rows locked, so every caller must claim them in the same order.
 */
export async function claimShares(
  store: Store,
  [share, ...others]: readonly [Share, ...Share[]],
  now: number,
): Promise<SendClaim> {
  const claimed = await claimSend(store, await nameAmong(store, share.names), share, now);
  const [next, ...rest] = others;
  return claimed.ok && next ? claimShares(store, [next, ...rest], now) : claimed;
}

/** The name that already has a counter, or else the first. */
async function nameAmong({ db }: Store, names: readonly string[]): Promise<string> {
  const [first = ''] = names;
  // With one key in the ring there is only one name.
  if (names.length === 1) return first;
  const row = await db.selectFrom('sends').select('destination').where('destination', 'in', names).executeTakeFirst();
  return row?.destination ?? first;
}

export async function deleteExpiredSends({ db }: Store, before: number): Promise<number> {
  const result = await db.deleteFrom('sends').where('last_at', '<=', before).executeTakeFirst();
  return Number(result.numDeletedRows);
}
