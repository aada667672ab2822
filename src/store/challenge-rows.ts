import { readTexts } from './lists.ts';
import { openOldPrompt } from './old-prompts.ts';
import { openPrompt, type KeptPrompt } from './prompts.ts';
import type { Store } from './store.ts';
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
  /** What was asked and has to be remembered until the response comes, at most once of each kind. */
  readonly prompts: readonly KeptPrompt[];
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

/** As many rows as the challenge has prompts, and one where it has none. */
export function selectWithUser(db: Store['db']) {
  return db
    .selectFrom('challenges')
    .innerJoin('users', 'users.id', 'challenges.user_id')
    .leftJoin('prompts', 'prompts.challenge_id', 'challenges.id')
    .selectAll('users')
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
      'prompts.kind as prompt_kind',
      'prompts.provider_account_id',
      'prompts.provider_id',
      'prompts.memo',
      'prompts.expires_at as prompt_expires_at',
    ]);
}

type ChallengeRow = Awaited<ReturnType<ReturnType<typeof selectWithUser>['executeTakeFirstOrThrow']>>;

export type ChallengeRows = readonly ChallengeRow[];

/** Of what no enrollment token has found. */
export function opened(store: Store, rows: ChallengeRows): ChallengeWithUser | undefined {
  const [row] = rows;
  if (!row) return undefined;
  const { base, user } = openedBase(store, row, rows);
  const { enrolls, asked_by: serviceId, session_id: sessionId, action, purpose } = row;
  if (serviceId !== null) return { challenge: { ...base, kind: 'service', serviceId, action, purpose }, user };
  if (sessionId !== null) return { challenge: { ...base, kind: 'step_up', sessionId, action, purpose }, user };
  return { challenge: { ...base, kind: 'login', enrolls }, user };
}

/** Of what an enrollment token has found. */
export function openedEnrollment(
  store: Store,
  rows: ChallengeRows,
): ChallengeWithUser<EnrollmentChallenge> | undefined {
  const [row] = rows;
  if (!row || row.enrolls === null) return undefined;
  const { base, user } = openedBase(store, row, rows);
  return { challenge: { ...base, kind: 'enrollment', enrolls: row.enrolls }, user };
}

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

function promptsOf({ safe }: Store, row: ChallengeRow, rows: ChallengeRows): readonly KeptPrompt[] {
  const prompts = rows.flatMap(({ challenge_id: id, prompt_kind: kind, memo, prompt_expires_at, ...more }) =>
    kind === null || memo === null || prompt_expires_at === null
      ? []
      : [openPrompt(safe, id, { ...more, kind, memo, expires_at: prompt_expires_at })],
  );
  if (row.prompt === null) return prompts;
  return [openOldPrompt(safe, { id: row.challenge_id, userId: row.id }, row.prompt, row.expires_at), ...prompts];
}
