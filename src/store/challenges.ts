import type { Selectable } from 'kysely';
import { readTexts } from './lists.ts';
import { handleHashes, hashHandle, openPrompt, sealPrompt, type Prompt } from './prompts.ts';
import { statement } from './statement.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';
import { openUser, type User } from './users.ts';

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
  /** What a provider that judges people itself was asked; then nothing else answers it. */
  readonly prompt: Prompt | null;
  /** The kind of factor that has to be enrolled before there is a session. */
  readonly enrolls: string | null;
  /** Who asked, where it is no login: a service, by its user's id, or a session that steps up. */
  readonly serviceId: string | null;
  readonly sessionId: string | null;
  /** What the user is asked to approve. */
  readonly action: string | null;
  /** What for, in a word of who asked. */
  readonly purpose: string | null;
};

/** A challenge and the user it is put to, as they are now, who need not be read once more. */
export type ChallengeWithUser = { readonly challenge: Challenge; readonly user: User };

/** What is a login's. */
export const ofLogin = { serviceId: null, sessionId: null, action: null, purpose: null } as const;

/** What a service or a session asked for opens no session, whoever has its token. */
export const isLogin = ({ serviceId, sessionId }: Challenge) => serviceId === null && sessionId === null;

/** What a token speaks for: the answer to a challenge, or an enrolment after it. Neither is good for the other. */
type Purpose = 'challenge' | 'enrollment';

export function insertChallenge(store: Store, challenge: Challenge, token: string): Promise<void> {
  return insert(store, challenge, { purpose: 'challenge', token });
}

/** Keeps who may enrol the factor that `enrolls` names, until it expires, and do nothing else. */
export function insertEnrollment(store: Store, challenge: Challenge, token: string): Promise<void> {
  return insert(store, challenge, { purpose: 'enrollment', token });
}

type Spoken = { readonly purpose: Purpose; readonly token: string };

async function insert({ db, safe }: Store, challenge: Challenge, { purpose, token }: Spoken): Promise<void> {
  const { prompt } = challenge;
  await db
    .insertInto('challenges')
    .values({
      id: challenge.id,
      token_hash: safe.mac(purpose, token),
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
      enrolls: challenge.enrolls,
      service_id: challenge.serviceId,
      session_id: challenge.sessionId,
      action: challenge.action,
      purpose: challenge.purpose,
    })
    .execute();
}

/** The open challenge that a token speaks for, and only while its user's factors are those it was made under. */
export function findOpenChallenge(store: Store, token: string, now: number): Promise<ChallengeWithUser | undefined> {
  return find(store, { purpose: 'challenge', token }, now);
}

/** The same of an enrolment. */
export function findOpenEnrollment(store: Store, token: string, now: number): Promise<ChallengeWithUser | undefined> {
  return find(store, { purpose: 'enrollment', token }, now);
}

async function find(store: Store, { purpose, token }: Spoken, now: number): Promise<ChallengeWithUser | undefined> {
  const [row] = (await findOpen(store.db, { hashes: store.safe.macs(purpose, token), now })).rows;
  return row && opened(store, row);
}

const findOpen = statement((db, { hashes, now }: { hashes: readonly string[]; now: number }) =>
  selectOpen(db, now).where('token_hash', 'in', hashes),
);

export type ChallengeState = 'pending' | 'approved' | 'expired' | 'failed';

export type Found = ChallengeWithUser & {
  readonly state: ChallengeState;
  readonly approvedAt: number | null;
};

/** A challenge by its id, and what has become of it. Its user's factors have changed since: it has failed. */
export async function findChallenge(store: Store, id: string, now: number): Promise<Found | undefined> {
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

function selectWithUser(db: Store['db']) {
  return db
    .selectFrom('challenges')
    .innerJoin('users', 'users.id', 'challenges.user_id')
    .selectAll('users')
    .select([
      'challenges.id as challenge_id',
      'auth_module',
      'amr',
      'challenges.epoch as challenge_epoch',
      'challenges.created_at as asked_at',
      'expires_at',
      'closed_at',
      'kinds',
      'auth_config_origin',
      'mfa_config_origin',
      'prompt',
      'enrolls',
      'challenges.service_id as asked_by',
      'session_id',
      'action',
      'purpose',
    ]);
}

function selectOpen(db: Store['db'], now: number) {
  return selectWithUser(db)
    .where('closed_at', 'is', null)
    .where('expires_at', '>', now)
    .whereRef('challenges.epoch', '=', 'users.epoch');
}

type Row = Selectable<Tables['users']> &
  Omit<
    Selectable<Tables['challenges']>,
    'id' | 'token_hash' | 'user_id' | 'epoch' | 'created_at' | 'handle' | 'service_id'
  > & {
    readonly challenge_id: string;
    readonly challenge_epoch: number;
    readonly asked_at: number;
    readonly asked_by: string | null;
  };

function opened(store: Store, row: Row): ChallengeWithUser {
  const user = openUser(store, row);
  const own = { id: row.challenge_id, userId: user.id };
  const challenge = {
    ...own,
    authModule: row.auth_module,
    amr: readTexts(row.amr),
    epoch: row.challenge_epoch,
    createdAt: row.asked_at,
    expiresAt: row.expires_at,
    kinds: row.kinds === null ? null : readTexts(row.kinds),
    authConfigOrigin: row.auth_config_origin,
    mfaConfigOrigin: row.mfa_config_origin,
    prompt: row.prompt === null ? null : openPrompt(store.safe, own, row.prompt),
    enrolls: row.enrolls,
    serviceId: row.asked_by,
    sessionId: row.session_id,
    action: row.action,
    purpose: row.purpose,
  };
  return { challenge, user };
}
