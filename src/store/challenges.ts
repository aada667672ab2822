import {
  columnsOf,
  opened,
  openedEnrollment,
  selectWithUser,
  type Challenge,
  type ChallengeWithUser,
  type EnrollmentChallenge,
  type ChallengeRow,
} from './challenge-rows.ts';
import { handleHashes, hashHandle, sealPrompt, type Prompt } from './prompts.ts';
import { statement } from './statement.ts';
import type { Store } from './store.ts';

/** What a token speaks for: the answer to a challenge, or an enrollment after it. Neither is good for the other. */
type Purpose = 'challenge' | 'enrollment';

export async function insertChallenge({ db, safe }: Store, challenge: Challenge, token: string): Promise<void> {
  const { prompt } = challenge;
  await db
    .insertInto('challenges')
    .values({
      id: challenge.id,
      token_hash: safe.mac(challenge.kind === 'enrollment' ? 'enrollment' : 'challenge', token),
      user_id: challenge.userId,
      auth_module: challenge.authModule,
      amr: JSON.stringify(challenge.amr),
      epoch: challenge.epoch,
      created_at: challenge.createdAt,
      expires_at: challenge.expiresAt,
      kinds: challenge.kinds && JSON.stringify(challenge.kinds),
      auth_config_origin: challenge.authConfigOrigin,
      mfa_config_origin: challenge.mfaConfigOrigin,
      prompt: prompt && sealPrompt(safe, challenge, prompt),
      handle: prompt && hashHandle(safe, prompt.handle),
      ...columnsOf(challenge),
    })
    .execute();
}

/** The open challenge that a token speaks for, and only while its user's factors are those it was made under. */
export async function findOpenChallenge(
  store: Store,
  token: string,
  now: number,
): Promise<ChallengeWithUser | undefined> {
  const row = await findByToken(store, { purpose: 'challenge', token }, now);
  return row && opened(store, row);
}

/** The same of an enrollment. */
export async function findOpenEnrollment(
  store: Store,
  token: string,
  now: number,
): Promise<ChallengeWithUser<EnrollmentChallenge> | undefined> {
  const row = await findByToken(store, { purpose: 'enrollment', token }, now);
  return row && openedEnrollment(store, row);
}

type Spoken = { readonly purpose: Purpose; readonly token: string };

async function findByToken(store: Store, { purpose, token }: Spoken, now: number): Promise<ChallengeRow | undefined> {
  const { rows } = await findOpen(store.db, { hashes: store.safe.macs(purpose, token), now });
  return rows[0];
}

const findOpen = statement((db, { hashes, now }: { hashes: readonly string[]; now: number }) =>
  selectOpen(db, now).where('token_hash', 'in', hashes),
);

export type ChallengeState = 'pending' | 'approved' | 'expired' | 'failed';

export type FoundChallenge = ChallengeWithUser & {
  readonly state: ChallengeState;
  readonly approvedAt: number | null;
};

/**
 * A challenge by its id, and what has become of it. Its user's factors have changed since: it has failed. An enrollment has no id that anybody
 * knows: it is found by its token alone.
 */
export async function findChallenge(store: Store, id: string, now: number): Promise<FoundChallenge | undefined> {
  const row = await selectWithUser(store.db).where('challenges.id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  const { challenge, user } = opened(store, row);
  const open = challenge.expiresAt > now ? ('pending' as const) : ('expired' as const);
  const isPresent = challenge.epoch === user.epoch;
  const state = row.closed_at !== null ? ('approved' as const) : isPresent ? open : ('failed' as const);
  return { challenge, user, state, approvedAt: row.closed_at };
}

/** Where a prompt was put to somebody who now comes back with a reply: whose it must be, and what the reply names it by. */
export type Prompted = Pick<Challenge, 'userId' | 'authModule'> & Pick<Prompt, 'handle'>;

/** The open challenge of a user with such a prompt. */
export async function findPrompted(
  store: Store,
  { userId, authModule, handle }: Prompted,
  now: number,
): Promise<ChallengeWithUser | undefined> {
  const row = await selectOpen(store.db, now)
    .where('user_id', '=', userId)
    .where('handle', 'in', handleHashes(store.safe, handle))
    .where('auth_module', '=', authModule)
    .where('challenges.service_id', 'is', null)
    .executeTakeFirst();
  return row && opened(store, row);
}

/** A new prompt takes the place of the one before it: what answers an older one answers nothing any more. */
export async function closePrompts(
  { db }: Store,
  { userId, authModule }: Pick<Challenge, 'userId' | 'authModule'>,
  now: number,
): Promise<void> {
  await db
    .updateTable('challenges')
    .set({ expires_at: now })
    .where('user_id', '=', userId)
    .where('handle', 'is not', null)
    .where('auth_module', '=', authModule)
    .where('service_id', 'is', null)
    .where('expires_at', '>', now)
    .execute();
}

/** Spends a challenge. False: it is spent already, or its time is over. */
export async function closeChallenge({ db }: Store, id: string, now: number): Promise<boolean> {
  return (await close(db, { id, now })).numAffectedRows === 1n;
}

const close = statement((db, { id, now }: { id: string; now: number }) =>
  db
    .updateTable('challenges')
    .set({ closed_at: now })
    .where('id', '=', id)
    .where('closed_at', 'is', null)
    .where('expires_at', '>', now),
);

export async function sweepChallenges({ db }: Store, before: number): Promise<number> {
  const result = await db.deleteFrom('challenges').where('expires_at', '<=', before).executeTakeFirst();
  return Number(result.numDeletedRows);
}

function selectOpen(db: Store['db'], now: number) {
  return selectWithUser(db)
    .where('closed_at', 'is', null)
    .where('expires_at', '>', now)
    .whereRef('challenges.epoch', '=', 'users.epoch');
}
