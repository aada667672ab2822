import { sql } from 'kysely';
import { minute, second } from '../base/clock.ts';
import { statement } from './statement.ts';
import type { Store } from './store.ts';

/** Consecutive failures before delays begin, and before the factor is locked (SP 800-63B-4 section 3.2.2). */
const failuresWithoutDelay = 5;
const lockedAt = 100;
/** The delay after the fifth failure. It doubles with each further failure. */
const firstDelay = 30 * second;
const longestDelay = 15 * minute;

export type Claim =
  | { readonly ok: true; /** Failures before this try. */ readonly failures: number }
  | { readonly ok: false; readonly retryAfter: number };

/**
 * Counts a try of a subject with a kind of factor before the response is verified, in one statement, so that
 * simultaneous guesses cannot exceed the limit. A try counts as a failure until it is reset
 * or released.
 */
export async function claimTry({ db }: Store, subject: string, kind: string, now: number): Promise<Claim> {
  const [claimed] = (await claim(db, { subject, kind, now })).rows;
  if (claimed) return { ok: true, failures: claimed.failures - 1 };
  return { ok: false, retryAfter: await secondsLeft({ db }, subject, kind, now) };
}

/** The delay in milliseconds after a row's failures. */
const delayAfter = sql<number>`(case ${sql.join(
  Array.from({ length: 6 }, (_, step) => {
    const failures = failuresWithoutDelay + step;
    return sql`when throttles.failures <= ${sql.lit(failures)} then ${sql.lit(delayFor(failures))}`;
  }),
  sql` `,
)} else ${sql.lit(longestDelay)} end)`;

function delayFor(failures: number): number {
  return Math.min(longestDelay, firstDelay * 2 ** (failures - failuresWithoutDelay));
}

const claim = statement((db, { subject, kind, now }: { subject: string; kind: string; now: number }) =>
  db
    .insertInto('throttles')
    .values({ subject, kind, failures: 1, last_at: now })
    .onConflict((conflict) =>
      conflict
        .columns(['subject', 'kind'])
        .doUpdateSet({ failures: sql`throttles.failures + 1`, last_at: now })
        .where('throttles.failures', '<', lockedAt)
        .where((where) =>
          where.or([
            where('throttles.failures', '<', failuresWithoutDelay),
            where(sql`throttles.last_at + ${delayAfter}`, '<=', now),
          ]),
        ),
    )
    .returning('failures'),
);

async function secondsLeft({ db }: Pick<Store, 'db'>, subject: string, kind: string, now: number): Promise<number> {
  const row = await db
    .selectFrom('throttles')
    .select(['failures', 'last_at as lastAt'])
    .where('subject', '=', subject)
    .where('kind', '=', kind)
    .executeTakeFirst();
  // A locked factor answers like a delayed one, so that an attacker does not learn the number of failures.
  if (!row || row.failures >= lockedAt) return longestDelay / second;
  return Math.max(1, Math.ceil((row.lastAt + delayFor(row.failures) - now) / second));
}

/** The first of several names of one subject that has failures, or else the first name. */
export async function existingSubject({ db }: Pick<Store, 'db'>, subjects: readonly string[]): Promise<string> {
  const [first = ''] = subjects;
  if (subjects.length === 1) return first;
  const { rows } = await among(db, { subjects });
  return rows[0]?.subject ?? first;
}

const among = statement((db, { subjects }: { subjects: readonly string[] }) =>
  db.selectFrom('throttles').select('subject').where('subject', 'in', subjects).limit(sql.lit(1)),
);

/** The number of consecutive failures of a subject with a kind of factor. */
export async function failuresOf({ db }: Store, subject: string, kind: string): Promise<number> {
  const row = await db
    .selectFrom('throttles')
    .select('failures')
    .where('subject', '=', subject)
    .where('kind', '=', kind)
    .executeTakeFirst();
  return row?.failures ?? 0;
}

/** Resets the failures with a kind of factor after a success. */
export async function resetThrottle({ db }: Store, subject: string, kind: string): Promise<void> {
  await reset(db, { subject, kind });
}

const reset = statement((db, { subject, kind }: { subject: string; kind: string }) =>
  db.deleteFrom('throttles').where('subject', '=', subject).where('kind', '=', kind),
);

/** Takes back a try whose response was not verified or belonged to another factor. */
export async function releaseTry({ db }: Store, subject: string, kind: string): Promise<void> {
  await db
    .updateTable('throttles')
    .set({ failures: sql`failures - 1` })
    .where('subject', '=', subject)
    .where('kind', '=', kind)
    .where('failures', '>', 0)
    .execute();
}

/** Resets the failures after a success with a second factor, which also unlocks the user's other factors. */
export async function resetThrottleAndUnlock({ db }: Store, subject: string, kind: string): Promise<void> {
  await resetAndUnlock(db, { subject, kind });
}

const resetAndUnlock = statement((db, { subject, kind }: { subject: string; kind: string }) =>
  db
    .deleteFrom('throttles')
    .where('subject', '=', subject)
    .where((where) => where.or([where('kind', '=', kind), where('failures', '>=', lockedAt)])),
);

/** Resets all failures of a user when an administrator unlocks them. Returns how many kinds of factor had failures. */
export async function resetAllThrottles({ db }: Store, subject: string): Promise<number> {
  const result = await db.deleteFrom('throttles').where('subject', '=', subject).executeTakeFirst();
  return Number(result.numDeletedRows);
}

/**
 * Deletes old failures of unknown user names. Those of users never expire, because the limit on consecutive failures
 * has no window.
 */
export async function deleteExpiredUnknownUsers({ db }: Store, before: number): Promise<number> {
  const result = await db
    .deleteFrom('throttles')
    .where('last_at', '<=', before)
    .where('subject', 'like', `${unknownUserPrefix}%`)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

export const unknownUserPrefix = 'stranger:';
