import { sql } from 'kysely';
import { day, second } from '../base/clock.ts';
import type { Store } from './store.ts';

/** How often something may be sent to one destination. */
export type SendLimit = {
  /** Milliseconds from one to the next. */
  readonly every: number;
  readonly perDay: number;
};

export type SendClaim = { readonly ok: true } | { readonly ok: false; /** Seconds. */ readonly retryAfter: number };

/**
 * Claims one message to a destination, before it is sent: of any number of simultaneous requests, through whatever door and node, one goes
 * out. A day begins with the first message after the last one's end.
 */
export async function claimSend({ db }: Store, destination: string, limit: SendLimit, now: number): Promise<SendClaim> {
  const dayIsOver = sql<boolean>`sends.day_began + ${sql.lit(day)} <= ${now}`;
  const claimed = await db
    .insertInto('sends')
    .values({ destination, last_at: now, day_began: now, in_day: 1 })
    .onConflict((conflict) =>
      conflict
        .column('destination')
        .doUpdateSet({
          last_at: now,
          day_began: sql`case when ${dayIsOver} then ${now} else sends.day_began end`,
          in_day: sql`case when ${dayIsOver} then 1 else sends.in_day + 1 end`,
        })
        .where(sql`sends.last_at + ${limit.every}`, '<=', now)
        .where((where) => where.or([where('sends.in_day', '<', limit.perDay), dayIsOver])),
    )
    .executeTakeFirst();
  if (claimed.numInsertedOrUpdatedRows === 1n) return { ok: true };
  const row = await db.selectFrom('sends').selectAll().where('destination', '=', destination).executeTakeFirst();
  if (!row) return { ok: false, retryAfter: 1 };
  const free = row.in_day < limit.perDay ? row.last_at + limit.every : row.day_began + day;
  return { ok: false, retryAfter: Math.max(1, Math.ceil((free - now) / second)) };
}

/** The one of several names for the same destination that something was sent to; the first where there is none. */
export async function destinationAmong({ db }: Store, destinations: readonly string[]): Promise<string> {
  const [first = ''] = destinations;
  // Until a key has rotated there is one name, and nothing to look for.
  if (destinations.length === 1) return first;
  const row = await db
    .selectFrom('sends')
    .select('destination')
    .where('destination', 'in', destinations)
    .executeTakeFirst();
  return row?.destination ?? first;
}

export async function sweepSends({ db }: Store, before: number): Promise<number> {
  const result = await db.deleteFrom('sends').where('last_at', '<=', before).executeTakeFirst();
  return Number(result.numDeletedRows);
}
