import type { Selectable } from 'kysely';
import { readTexts } from './lists.ts';
import { openPrompt, type Prompt } from './prompts.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';
import { openUser, type User } from './users.ts';

/** What every question put to one user has; it has an end. */
type AnyChallenge = {
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
};

/** What the user is asked to approve, and what for, in a word of who asked. */
type Approvable = { readonly action: string | null; readonly purpose: string | null };

/** The second factor of a login. It opens a session, or lets the user enroll the kind of factor that is needed before there is one. */
export type LoginChallenge = AnyChallenge & { readonly kind: 'login'; readonly enrolls: string | null };

/** What lets a user enroll a kind of factor after they have proven all they have, and do nothing else. */
export type EnrollmentChallenge = AnyChallenge & { readonly kind: 'enrollment'; readonly enrolls: string };

/** One that a service asked for; `serviceId` is its user's. */
export type ServiceChallenge = AnyChallenge & Approvable & { readonly kind: 'service'; readonly serviceId: string };

/** One that a session asked for, to step up. */
export type StepUpChallenge = AnyChallenge & Approvable & { readonly kind: 'step_up'; readonly sessionId: string };

export type Challenge = LoginChallenge | EnrollmentChallenge | ServiceChallenge | StepUpChallenge;

/** A challenge and the user it is put to, as they are now, who need not be read once more. */
export type ChallengeWithUser<C extends Challenge = Challenge> = { readonly challenge: C; readonly user: User };

/** The columns that tell the kinds of challenges apart. */
export function columnsOf(challenge: Challenge) {
  const none = { enrolls: null, service_id: null, session_id: null, action: null, purpose: null };
  if (challenge.kind === 'service') {
    const { serviceId, action, purpose } = challenge;
    return { ...none, service_id: serviceId, action, purpose };
  }
  if (challenge.kind === 'step_up') {
    const { sessionId, action, purpose } = challenge;
    return { ...none, session_id: sessionId, action, purpose };
  }
  return { ...none, enrolls: challenge.enrolls };
}

export function selectWithUser(db: Store['db']) {
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

export type ChallengeRow = Selectable<Tables['users']> &
  Omit<
    Selectable<Tables['challenges']>,
    'id' | 'token_hash' | 'user_id' | 'epoch' | 'created_at' | 'handle' | 'service_id'
  > & {
    readonly challenge_id: string;
    readonly challenge_epoch: number;
    readonly asked_at: number;
    readonly asked_by: string | null;
  };

/** Of what no enrollment token has found. */
export function opened(store: Store, row: ChallengeRow): ChallengeWithUser {
  const { base, user } = openedBase(store, row);
  const { enrolls, asked_by: serviceId, session_id: sessionId, action, purpose } = row;
  if (serviceId !== null) return { challenge: { ...base, kind: 'service', serviceId, action, purpose }, user };
  if (sessionId !== null) return { challenge: { ...base, kind: 'step_up', sessionId, action, purpose }, user };
  return { challenge: { ...base, kind: 'login', enrolls }, user };
}

/** Of what an enrollment token has found. */
export function openedEnrollment(store: Store, row: ChallengeRow): ChallengeWithUser<EnrollmentChallenge> | undefined {
  const { enrolls } = row;
  if (enrolls === null) return undefined;
  const { base, user } = openedBase(store, row);
  return { challenge: { ...base, kind: 'enrollment', enrolls }, user };
}

function openedBase(store: Store, row: ChallengeRow): { readonly base: AnyChallenge; readonly user: User } {
  const user = openUser(store, row);
  const own = { id: row.challenge_id, userId: user.id };
  const base = {
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
  };
  return { base, user };
}
