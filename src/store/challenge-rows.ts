import { activeColumn } from './is-active.ts';
import { readTexts } from './lists.ts';
import { openOldPrompt } from './old-prompts.ts';
import { openPrompt, type StoredPrompt } from './prompts.ts';
import type { Store } from './store.ts';
import { openUser, type User } from './users.ts';

/** The members that all challenges have. */
type AnyChallenge = {
  readonly id: string;
  readonly userId: string;
  readonly authModule: string;
  /** The methods that were proven before it (RFC 8176). */
  readonly amr: readonly string[];
  readonly epoch: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** The kinds of factor that may answer it; null: any second factor. A recovery code may replace each of them. */
  readonly kinds: readonly string[] | null;
  /** The accounts whose configuration required it and whose provider is used, or `system`. */
  readonly authConfigOrigin: string | null;
  readonly mfaConfigOrigin: string | null;
  /** The prompts that must be remembered until the response, at most one of each kind. */
  readonly prompts: readonly StoredPrompt[];
};

/** The action that the user is asked to approve, and the purpose in the words of the service or session. */
type Approvable = { readonly action: string | null; readonly purpose: string | null };

/** The OAuth2 client of a login, and the scope that its session gets. */
type OfClient = { readonly client?: { readonly id: string; readonly scope: string } };

/** The key of a login, if its session ends with it. */
type OfKey = { readonly keyId?: string | null };

/**
 * The second factor of a login. It creates a session, or, if `enrolls` names a required kind of factor, lets the user
 * enroll it first.
 */
export type LoginChallenge = AnyChallenge &
  OfClient &
  OfKey & { readonly kind: 'login'; readonly enrolls: string | null };

/** Lets a user, who has proven all factors they have, enroll one more kind of factor, and do nothing else. */
export type EnrollmentChallenge = AnyChallenge & OfClient & { readonly kind: 'enrollment'; readonly enrolls: string };

/** A challenge that a service created; `serviceId` is the id of the service's user. */
export type ServiceChallenge = AnyChallenge & Approvable & { readonly kind: 'service'; readonly serviceId: string };

/** A challenge that a session created, to step up. */
export type StepUpChallenge = AnyChallenge & Approvable & { readonly kind: 'step_up'; readonly sessionId: string };

export type Challenge = LoginChallenge | EnrollmentChallenge | ServiceChallenge | StepUpChallenge;

/** A challenge and its user, read in one statement. */
export type ChallengeWithUser<C extends Challenge = Challenge> = { readonly challenge: C; readonly user: User };

/** The columns that differ between the kinds of challenges. */
export function columnsOf(challenge: Challenge) {
  const unset = { enrolls: null, service_id: null, session_id: null, action: null, purpose: null };
  const none = { ...unset, client_id: null, scope: null, key_id: null };
  if (challenge.kind === 'service') {
    const { serviceId, action, purpose } = challenge;
    return { ...none, service_id: serviceId, action, purpose };
  }
  if (challenge.kind === 'step_up') {
    const { sessionId, action, purpose } = challenge;
    return { ...none, session_id: sessionId, action, purpose };
  }
  const { enrolls, client } = challenge;
  const key_id = challenge.kind === 'login' ? (challenge.keyId ?? null) : null;
  return { ...none, enrolls, key_id, ...(client && { client_id: client.id, scope: client.scope }) };
}

/** Selects one row for each prompt of a challenge, or one row if it has none. */
export function selectWithUser(db: Store['db']) {
  return db
    .selectFrom('challenges')
    .innerJoin('users', 'users.id', 'challenges.user_id')
    .leftJoin('prompts', 'prompts.challenge_id', 'challenges.id')
    .selectAll('users')
    .select(activeColumn)
    .select([
      'challenges.id as challenge_id',
      'auth_module',
      'amr',
      'challenges.epoch as challenge_epoch',
      'challenges.created_at as asked_at',
      'challenges.expires_at',
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
      'challenges.client_id',
      'challenges.scope',
      'key_id',
      'prompts.kind as prompt_kind',
      'prompts.provider_account_id',
      'prompts.provider_id',
      'prompts.memo',
      'prompts.expires_at as prompt_expires_at',
    ]);
}

type ChallengeRow = Awaited<ReturnType<ReturnType<typeof selectWithUser>['executeTakeFirstOrThrow']>>;

export type ChallengeRows = readonly ChallengeRow[];

/** Makes a challenge of its rows. For rows that were found by an enrollment token, use `openedEnrollment`. */
export function opened(store: Store, rows: ChallengeRows): ChallengeWithUser | undefined {
  const [row] = rows;
  if (!row) return undefined;
  const { base, user } = openedBase(store, row, rows);
  const { enrolls, asked_by: serviceId, session_id: sessionId, action, purpose, key_id: keyId } = row;
  if (serviceId !== null) return { challenge: { ...base, kind: 'service', serviceId, action, purpose }, user };
  if (sessionId !== null) return { challenge: { ...base, kind: 'step_up', sessionId, action, purpose }, user };
  const ofKey = keyId === null ? {} : { keyId };
  return { challenge: { ...base, ...clientOf(row), ...ofKey, kind: 'login', enrolls }, user };
}

/** Makes an enrollment challenge of rows that were found by an enrollment token. */
export function openedEnrollment(
  store: Store,
  rows: ChallengeRows,
): ChallengeWithUser<EnrollmentChallenge> | undefined {
  const [row] = rows;
  if (!row || row.enrolls === null) return undefined;
  const { base, user } = openedBase(store, row, rows);
  return { challenge: { ...base, ...clientOf(row), kind: 'enrollment', enrolls: row.enrolls }, user };
}

const clientOf = ({ client_id: id, scope }: ChallengeRow): OfClient =>
  id === null ? {} : { client: { id, scope: scope ?? '' } };

function openedBase(
  store: Store,
  row: ChallengeRow,
  rows: ChallengeRows,
): { readonly base: AnyChallenge; readonly user: User } {
  const user = openUser(store, row);
  const base = {
    id: row.challenge_id,
    userId: user.id,
    authModule: row.auth_module,
    amr: readTexts(row.amr),
    epoch: row.challenge_epoch,
    createdAt: row.asked_at,
    expiresAt: row.expires_at,
    kinds: row.kinds === null ? null : readTexts(row.kinds),
    authConfigOrigin: row.auth_config_origin,
    mfaConfigOrigin: row.mfa_config_origin,
    prompts: promptsOf(store, row, rows),
  };
  return { base, user };
}

function promptsOf({ safe }: Store, row: ChallengeRow, rows: ChallengeRows): readonly StoredPrompt[] {
  const prompts = rows.flatMap(({ challenge_id: id, prompt_kind: kind, memo, prompt_expires_at, ...more }) =>
    kind === null || memo === null || prompt_expires_at === null
      ? []
      : [openPrompt(safe, id, { ...more, kind, memo, expires_at: prompt_expires_at })],
  );
  if (row.prompt === null) return prompts;
  return [openOldPrompt(safe, { id: row.challenge_id, userId: row.id }, row.prompt, row.expires_at), ...prompts];
}
