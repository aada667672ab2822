import {
  columnsOf,
  opened,
  openedEnrollment,
  selectWithUser,
  type Challenge,
  type ChallengeWithUser,
  type EnrollmentChallenge,
  type ChallengeRows,
} from './challenge-rows.ts';
import { isInOldColumns, oldColumnsOf } from './old-prompts.ts';
import { handleHashes, insertPrompt } from './prompts.ts';
import { statement } from './statement.ts';
import type { Store } from './store.ts';

/** What a token speaks for: the answer to a challenge, or an enrollment after it. Neither is good for the other. */
type Purpose = 'challenge' | 'enrollment';

export async function insertChallenge(store: Store, challenge: Challenge, token: string): Promise<void> {
  const { db, safe } = store;
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
      ...oldColumnsOf(safe, challenge, token),
      ...columnsOf(challenge),
    })
    .execute();
  for (const prompt of challenge.prompts) if (!isInOldColumns(prompt)) await insertPrompt(store, challenge.id, prompt);
}

/** The open challenge that a token speaks for, and only while its user's factors are those it was made under. */
export async function findOpenChallenge(
  store: Store,
  token: string,
  now: number,
): Promise<ChallengeWithUser | undefined> {
  return opened(store, await findByToken(store, { purpose: 'challenge', token }, now));
}

/** The same of an enrollment. */
export async function findOpenEnrollment(
  store: Store,
  token: string,
  now: number,
): Promise<ChallengeWithUser<EnrollmentChallenge> | undefined> {
  return openedEnrollment(store, await findByToken(store, { purpose: 'enrollment', token }, now));
}

type Spoken = { readonly purpose: Purpose; readonly token: string };

async function findByToken(store: Store, { purpose, token }: Spoken, now: number): Promise<ChallengeRows> {
  const { rows } = await findOpen(store.db, { hashes: store.safe.macs(purpose, token), now });
  return rows;
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
  const rows = await selectWithUser(store.db).where('challenges.id', '=', id).execute();
  const found = opened(store, rows);
  if (!found) return undefined;
  const { challenge, user } = found;
  const approvedAt = rows[0]?.closed_at ?? null;
  const open = challenge.expiresAt > now ? ('pending' as const) : ('expired' as const);
  const isPresent = challenge.epoch === user.epoch;
  const state = approvedAt !== null ? ('approved' as const) : isPresent ? open : ('failed' as const);
  return { challenge, user, state, approvedAt };
}

/** Where a prompt was put to a user who comes back with a response: whose it must be, and what the response names it by. */
export type PromptedLogin = Pick<Challenge, 'userId' | 'authModule'> & { readonly handle: string };

/** The open challenge of a user's login with such a prompt. */
export async function findPrompted(
  store: Store,
  { userId, authModule, handle }: PromptedLogin,
  now: number,
): Promise<ChallengeWithUser | undefined> {
  const hashes = handleHashes(store.safe, handle);
  const rows = await selectOpen(store.db, now)
    .where('user_id', '=', userId)
    .where('auth_module', '=', authModule)
    .where('challenges.service_id', 'is', null)
    .where('session_id', 'is', null)
    .where((where) =>
      where.or([
        where('challenges.handle', 'in', hashes),
        where('challenges.id', 'in', where.selectFrom('prompts').select('challenge_id').where('handle', 'in', hashes)),
      ]),
    )
    .execute();
  return opened(store, rows);
}

/** A provider's new prompt takes the place of those before it: what answers an older one answers nothing any more. */
export async function closePrompts(
  { db }: Store,
  { userId, authModule }: Pick<Challenge, 'userId' | 'authModule'>,
  now: number,
): Promise<void> {
  await db
    .updateTable('challenges')
    .set({ expires_at: now })
    .where('user_id', '=', userId)
    .where('auth_module', '=', authModule)
    .where('service_id', 'is', null)
    .where('session_id', 'is', null)
    .where('expires_at', '>', now)
    .where((where) =>
      where.or([
        where('handle', 'is not', null),
        where.exists(
          where
            .selectFrom('prompts')
            .select('kind')
            .whereRef('challenge_id', '=', 'challenges.id')
            .where('provider_id', 'is not', null),
        ),
      ]),
    )
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

export async function deleteExpiredChallenges({ db }: Store, before: number): Promise<number> {
  const result = await db.deleteFrom('challenges').where('expires_at', '<=', before).executeTakeFirst();
  return Number(result.numDeletedRows);
}

function selectOpen(db: Store['db'], now: number) {
  return selectWithUser(db)
    .where('closed_at', 'is', null)
    .where('challenges.expires_at', '>', now)
    .whereRef('challenges.epoch', '=', 'users.epoch');
}
