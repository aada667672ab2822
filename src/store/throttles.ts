import { sql } from 'kysely';
import { minute, second } from '../base/clock.ts';
import { statement } from './statement.ts';
import type { Store } from './store.ts';

/** Failures that pass before waiting begins, and those after which a factor is closed (SP 800-63B-4 section 3.2.2). */
const free = 5;
const closedAt = 100;
/** The wait after the fifth failure, doubled with each more. */
const firstWait = 30 * second;
const longestWait = 15 * minute;

export type Claim =
  | { readonly ok: true; /** Failures before this try. */ readonly failures: number }
  | { readonly ok: false; readonly retryAfter: number };

/**
 * Spends one try of a subject with a kind of factor, before anybody looks at what was sent: of any number of simultaneous
 * guesses only as many are looked at as there are tries. A try counts as a failure until `resetThrottle` says otherwise.
 */
export async function claimTry({ db }: Store, subject: string, kind: string, now: number): Promise<Claim> {
  const [claimed] = (await claim(db, { subject, kind, now })).rows;
  if (claimed) return { ok: true, failures: claimed.failures - 1 };
  return { ok: false, retryAfter: await secondsLeft({ db }, subject, kind, now) };
}

/** The wait in milliseconds that a row's failures ask for. */
const waitAfter = sql<number>`(case ${sql.join(
  Array.from(
    { length: 6 },
    (_, step) => sql`when throttles.failures <= ${sql.lit(free + step)} then ${sql.lit(waitFor(free + step))}`,
  ),
  sql` `,
)} else ${sql.lit(longestWait)} end)`;

function waitFor(failures: number): number {
  return Math.min(longestWait, firstWait * 2 ** (failures - free));
}

const claim = statement((db, { subject, kind, now }: { subject: string; kind: string; now: number }) =>
  db
    .insertInto('throttles')
    .values({ subject, kind, failures: 1, last_at: now })
    .onConflict((conflict) =>
      conflict
        .columns(['subject', 'kind'])
        .doUpdateSet({ failures: sql`throttles.failures + 1`, last_at: now })
        .where('throttles.failures', '<', closedAt)
        .where((where) =>
          where.or([where('throttles.failures', '<', free), where(sql`throttles.last_at + ${waitAfter}`, '<=', now)]),
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
  // A closed factor is told to wait like any other: how near a guesser came is nobody's business.
  if (!row || row.failures >= closedAt) return longestWait / second;
  return Math.max(1, Math.ceil((row.lastAt + waitFor(row.failures) - now) / second));
}

/** The one of several names for the same subject that failures stand against; the first where there is none. */
export async function existingSubject({ db }: Pick<Store, 'db'>, subjects: readonly string[]): Promise<string> {
  const [first = ''] = subjects;
  if (subjects.length === 1) return first;
  const { rows } = await among(db, { subjects });
  return rows[0]?.subject ?? first;
}

const among = statement((db, { subjects }: { subjects: readonly string[] }) =>
  db.selectFrom('throttles').select('subject').where('subject', 'in', subjects).limit(sql.lit(1)),
);

/** How many consecutive failures stand against a subject with a kind of factor. */
export async function failuresOf({ db }: Store, subject: string, kind: string): Promise<number> {
  const row = await db
    .selectFrom('throttles')
    .select('failures')
    .where('subject', '=', subject)
    .where('kind', '=', kind)
    .executeTakeFirst();
  return row?.failures ?? 0;
}

/** A success with a kind of factor: its failures are forgotten. */
export async function resetThrottle({ db }: Store, subject: string, kind: string): Promise<void> {
  await reset(db, { subject, kind });
}

const reset = statement((db, { subject, kind }: { subject: string; kind: string }) =>
  db.deleteFrom('throttles').where('subject', '=', subject).where('kind', '=', kind),
);

/** Gives back a try that was never looked at, or that belonged to another factor. */
export async function releaseTry({ db }: Store, subject: string, kind: string): Promise<void> {
  await db
    .updateTable('throttles')
    .set({ failures: sql`failures - 1` })
    .where('subject', '=', subject)
    .where('kind', '=', kind)
    .where('failures', '>', 0)
    .execute();
}

/** The same of a second factor, which also opens what 100 failures with others have closed. */
export async function resetThrottles({ db }: Store, subject: string, kind: string): Promise<void> {
  await resetAll(db, { subject, kind });
}

const resetAll = statement((db, { subject, kind }: { subject: string; kind: string }) =>
  db
    .deleteFrom('throttles')
    .where('subject', '=', subject)
    .where((where) => where.or([where('kind', '=', kind), where('failures', '>=', closedAt)])),
);

/** Forgets every failure of a user: an administrator unlocks them. Returns how many kinds of factor had any. */
export async function forgetFailures({ db }: Store, subject: string): Promise<number> {
  const result = await db.deleteFrom('throttles').where('subject', '=', subject).executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** Failures of names that nobody has. Those of users are kept: the limit on consecutive failures knows no time. */
export async function deleteExpiredUnknownUsers({ db }: Store, before: number): Promise<number> {
  const result = await db
    .deleteFrom('throttles')
    .where('last_at', '<=', before)
    .where('subject', 'like', `${unknownUserPrefix}%`)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

export const unknownUserPrefix = 'stranger:';
