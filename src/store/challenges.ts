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
import { isActive } from './is-active.ts';
import { isInOldColumns, oldColumnsOf } from './old-prompts.ts';
import { handleHashes, insertPrompt } from './prompts.ts';
import { statement } from './statement.ts';
import type { Store } from './store.ts';

/** The purpose of a token: to answer a challenge, or to enroll after it. It is part of the token's hash. */
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

/** The open challenge of a token. It is void once its user's factors have changed. */
export async function findOpenChallenge(
  store: Store,
  token: string,
  now: number,
): Promise<ChallengeWithUser | undefined> {
  return opened(store, await findByToken(store, { purpose: 'challenge', token }, now));
}

/** The open enrollment of a token. It is void once its user's factors have changed. */
export async function findOpenEnrollment(
  store: Store,
  token: string,
  now: number,
): Promise<ChallengeWithUser<EnrollmentChallenge> | undefined> {
  return openedEnrollment(store, await findByToken(store, { purpose: 'enrollment', token }, now));
}

type TokenSearch = { readonly purpose: Purpose; readonly token: string };

async function findByToken(store: Store, { purpose, token }: TokenSearch, now: number): Promise<ChallengeRows> {
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
 * A challenge by its id, with its state: `failed` if its user was disabled, or their factors have changed before it was
 * approved. Enrollments are found by
 * their token only, because their ids are never shown.
 */
export async function findChallenge(store: Store, id: string, now: number): Promise<FoundChallenge | undefined> {
  const rows = await selectWithUser(store.db).where('challenges.id', '=', id).execute();
  const found = opened(store, rows);
  if (!found) return undefined;
  const { challenge, user } = found;
  const approvedAt = rows[0]?.closed_at ?? null;
  const open = challenge.expiresAt > now ? ('pending' as const) : ('expired' as const);
  const ended = approvedAt === null ? open : ('approved' as const);
  const isValid = user.isActive && (approvedAt !== null || challenge.epoch === user.epoch);
  return { challenge, user, state: isValid ? ended : 'failed', approvedAt };
}

/** A login that returns with the response to an earlier prompt, which `handle` identifies. */
export type PromptedLogin = Pick<Challenge, 'userId' | 'authModule'> & { readonly handle: string };

/** The open login challenge that has this prompt. */
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

/** Expires a user's login challenges that have a provider's prompt, so that only the newest prompt can be answered. */
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

/** Closes an open challenge, with the methods that were proven. False: it was closed before, or it has expired. */
export async function closeChallenge(
  { db }: Store,
  id: string,
  now: number,
  amr?: readonly string[],
): Promise<boolean> {
  const proven = amr ? JSON.stringify(amr) : null;
  return (await close(db, { id, proven, now })).numAffectedRows === 1n;
}

const close = statement((db, { id, proven, now }: { id: string; proven: string | null; now: number }) =>
  db
    .updateTable('challenges')
    .set((own) => ({ closed_at: now, amr: own.fn.coalesce(own.val(proven), 'amr') }))
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
    .whereRef('challenges.epoch', '=', 'users.epoch')
    .where(isActive);
}
