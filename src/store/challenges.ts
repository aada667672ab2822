import { readTexts } from './lists.ts';
import { statement } from './statement.ts';
import type { Store } from './store.ts';

/** One question put to one user, with an end. */
export type Challenge = {
  readonly id: string;
  readonly userId: string;
  readonly authModule: string;
  /** What was proven before it (RFC 8176). */
  readonly amr: readonly string[];
  readonly epoch: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** The kinds of factor that answer it; null: any second factor does. A recovery code stands in for each. */
  readonly kinds: readonly string[] | null;
  /** Who asked for it: ids of accounts, or `system`. */
  readonly authConfigOrigin: string | null;
  readonly mfaConfigOrigin: string | null;
};

const context = 'challenge';

export async function insertChallenge({ db, safe }: Store, challenge: Challenge, token: string): Promise<void> {
  await db
    .insertInto('challenges')
    .values({
      id: challenge.id,
      token_hash: safe.mac(context, token),
      user_id: challenge.userId,
      auth_module: challenge.authModule,
      amr: JSON.stringify(challenge.amr),
      epoch: challenge.epoch,
      created_at: challenge.createdAt,
      expires_at: challenge.expiresAt,
      kinds: challenge.kinds && JSON.stringify(challenge.kinds),
      auth_config_origin: challenge.authConfigOrigin,
      mfa_config_origin: challenge.mfaConfigOrigin,
    })
    .execute();
}

/** The open challenge that a token speaks for, and only while its user's factors are those it was made under. */
export async function findOpenChallenge(
  { db, safe }: Store,
  token: string,
  now: number,
): Promise<Challenge | undefined> {
  const [row] = (await findOpen(db, { hashes: safe.macs(context, token), now })).rows;
  return (
    row && {
      id: row.id,
      userId: row.user_id,
      authModule: row.auth_module,
      amr: readTexts(row.amr),
      epoch: row.epoch,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      kinds: row.kinds === null ? null : readTexts(row.kinds),
      authConfigOrigin: row.auth_config_origin,
      mfaConfigOrigin: row.mfa_config_origin,
    }
  );
}

const findOpen = statement((db, { hashes, now }: { hashes: readonly string[]; now: number }) =>
  db
    .selectFrom('challenges')
    .innerJoin('users', 'users.id', 'challenges.user_id')
    .selectAll('challenges')
    .where('token_hash', 'in', hashes)
    .where('closed_at', 'is', null)
    .where('expires_at', '>', now)
    .whereRef('challenges.epoch', '=', 'users.epoch'),
);

/** Spends a challenge. False: it is spent already. */
export async function closeChallenge({ db }: Store, id: string, now: number): Promise<boolean> {
  return (await close(db, { id, now })).numAffectedRows === 1n;
}

const close = statement((db, { id, now }: { id: string; now: number }) =>
  db.updateTable('challenges').set({ closed_at: now }).where('id', '=', id).where('closed_at', 'is', null),
);

export async function sweepChallenges({ db }: Store, before: number): Promise<number> {
  const result = await db.deleteFrom('challenges').where('expires_at', '<=', before).executeTakeFirst();
  return Number(result.numDeletedRows);
}
