import { sql } from 'kysely';
import { day, second } from '../base/clock.ts';
import type { Store } from './store.ts';

/** How many messages may be sent under one name. */
export type SendLimit = {
  /** Milliseconds from one to the next. */
  readonly every: number;
  readonly most: number;
  /** In which time there are no more than `most`, in milliseconds; a day when absent. */
  readonly within?: number;
};

/** A limit, and the names of what it bounds: one for each key of the ring where a name is a keyed hash. */
export type Share = SendLimit & { readonly names: readonly string[] };

export type SendClaim =
  | { readonly ok: true; /** Which message of its window it is, from 1. */ readonly count: number }
  | { readonly ok: false; /** Seconds. */ readonly retryAfter: number };

/**
 * Claims one message under a name, before it is sent: of any number of simultaneous requests, through whatever door and node, no more go
 * out than the limit allows. A window begins with the first message after the last one's end.
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
 * Claims one message of each share, in their order, and answers like the last of them. Of several shares some may be claimed when one
 * refuses, so more than one belong into a transaction; its rows stay locked, so the order is the same wherever they are claimed.
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

/** The one of several names of the same thing under which messages are counted; the first where there is none. */
async function nameAmong({ db }: Store, names: readonly string[]): Promise<string> {
  const [first = ''] = names;
  // Until a key has rotated there is one name, and nothing to look for.
  if (names.length === 1) return first;
  const row = await db.selectFrom('sends').select('destination').where('destination', 'in', names).executeTakeFirst();
  return row?.destination ?? first;
}

export async function deleteExpiredSends({ db }: Store, before: number): Promise<number> {
  const result = await db.deleteFrom('sends').where('last_at', '<=', before).executeTakeFirst();
  return Number(result.numDeletedRows);
}
