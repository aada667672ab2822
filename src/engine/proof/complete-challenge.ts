import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { factorOf } from '../../factors/registry.ts';
import { removeKinds } from '../../store/authenticators.ts';
import type { Challenge } from '../../store/challenge-rows.ts';
import { closeChallenge } from '../../store/challenges.ts';
import { writeNotice } from '../../store/notices.ts';
import { resetThrottle, resetThrottleAndUnlock } from '../../store/throttles.ts';
import type { Assurance } from '../../store/sessions.ts';
import { advanceEpoch, type User } from '../../store/users.ts';
import type { AccountPolicy } from '../policy/merge-policy.ts';
import type { RequestContext } from '../context.ts';
import type { EnrollmentOffer } from '../session/offer-enrollment.ts';
import { logAll, logSuccess, type AttemptFacts } from '../audit/log-attempt.ts';
import { wouldLackRequired } from '../policy/required-kinds.ts';
import { kindsBeyondFirst } from '../policy/second-factors.ts';
import { spend, type Proven } from './prove.ts';
import type { SecondFactorResponse } from './response.ts';
import { providerPolicy } from '../policy/provider-policy.ts';
import { readPolicy } from '../policy/read-policy.ts';
import { requireStillEnough, type ProvenSecond } from '../policy/still-enough.ts';
import type { Reason } from '../reasons.ts';
import { withFactor, withSecondFactor } from '../session/assurance.ts';
import type { CreatedSession } from '../session/create-session.ts';

/** The result of a passed challenge: the session of a login, an offer to enroll, or an approval. */
export type Completed =
  | { readonly type: 'session'; readonly session: CreatedSession }
  | { readonly type: 'enrollment'; readonly offer: EnrollmentOffer }
  | PassedApproval;

export type PassedApproval = {
  readonly type: 'approved';
  readonly amr: readonly string[];
  /** The time of approval, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** The proof of a session after it has stepped up. */
  readonly assurance?: Assurance;
};

/** A user who has just passed a challenge, with the epoch, methods and policy that apply to them now. */
export type Passed = {
  readonly user: User;
  readonly epoch: number;
  readonly amr: readonly string[];
  /** The kinds of second factor that were proven, or that a recovery code replaced. */
  readonly secondKinds: readonly string[];
  readonly policy: AccountPolicy;
};

/** A challenge that is being answered. */
export type OpenChallenge<Result extends Completed = Completed> = {
  readonly challenge: Challenge;
  readonly user: User;
  readonly input: SecondFactorResponse;
  readonly facts: AttemptFacts;
  /** Writes the result, in the transaction that closes the challenge. */
  readonly onPassed: (tx: RequestContext, passed: Passed) => Promise<Outcome<Result, Reason>>;
};

/**
 * Closes the challenge, spends the proof and writes the result, in the caller's transaction, which a refusal must roll
 * back.
 */
export async function completeChallenge<Result extends Completed>(
  tx: RequestContext,
  { challenge, user, facts, onPassed }: OpenChallenge<Result>,
  proven: Proven,
): Promise<Outcome<Result, Reason>> {
  const { kind } = proven.candidate;
  const { roles, disablesMfa } = factorOf(kind).traits;
  const isSecond = roles.includes('second') || roles.includes('recovery');
  const { accountId, roles: userRoles } = user;
  const policy = await readPolicy(tx.store, { authModule: challenge.authModule, accountId, roles: userRoles });
  const amr = isSecond
    ? withSecondFactor(challenge.amr, proven.proof.amr, policy)
    : withFactor(challenge.amr, proven.proof.amr);
  if (!(await closeChallenge(tx.store, challenge.id, tx.now, amr))) return refuse('raced');
  const refusal = await spend(tx, proven);
  if (refusal) return refuse(refusal);
  await (isSecond ? resetThrottleAndUnlock : resetThrottle)(tx.store, user.id, kind);
  const turnsOff = disablesMfa === true && !(await wouldLackRequired(tx, user));
  const epoch = turnsOff ? await turnOff(tx, user) : challenge.epoch;
  if (epoch === undefined) return refuse('raced');
  const secondKinds = isSecond ? kindsProven(challenge, kind) : [];
  const enough = await judge(tx, {
    challenge,
    user,
    policy,
    kinds: secondKinds,
    providerId: proven.candidate.prompt?.provider?.id,
  });
  if (!enough.ok) return enough;
  const result = await onPassed(tx, { user, epoch, amr, secondKinds, policy });
  if (!result.ok) return result;
  const sendsNotice = roles.includes('recovery');
  // A notice refers to its audit event, so the event is logged even if the account does not log logins.
  const logs = sendsNotice ? logAll : policy.logs;
  const sessionId = sessionOf(challenge, result.value);
  const attempt = await logSuccess(tx, { ...facts, factor: kind, sessionId, logs });
  const name = turnsOff ? 'mfa_disabled' : 'recovery_code_used';
  if (sendsNotice) await writeNotice(tx.store, user, { attempt, name }, tx.now);
  return result;
}

/** A recovery code replaces the kinds that may answer. */
const kindsProven = ({ kinds }: Challenge, kind: string) =>
  factorOf(kind).traits.roles.includes('recovery') ? (kinds ?? [kind]) : [kind];

/**
 * Judges a challenge by the policy of the moment in which it completes. A step-up takes any second factor of the user,
 * or else the provider that is required now, or else, if none is, the password.
 */
async function judge(
  tx: RequestContext,
  {
    challenge,
    user,
    policy,
    kinds,
    ...proven
  }: ProvenSecond & Pick<OpenChallenge, 'challenge' | 'user'> & Pick<Passed, 'policy'>,
): Promise<Outcome<undefined, Reason>> {
  if (challenge.kind === 'step_up') {
    const { providerId } = proven;
    // Of factors that the user has enrolled, any will do.
    const isOwn = kinds.length > 0 && providerId === undefined;
    const required = isOwn ? undefined : await providerPolicy(tx, { ...user, authModule: challenge.authModule });
    // A required provider that cannot be used now has no id, and then nothing is enough.
    const isEnough = isOwn || (providerId === undefined ? !required : required?.providerId === providerId);
    return policy.enabled && isEnough ? success(undefined) : refuse('invalid_challenge');
  }
  // The login continues with the enrollment of this kind.
  const enrolls = challenge.kind === 'login' && challenge.enrolls !== null ? [challenge.enrolls] : [];
  return requireStillEnough(tx, policy, { ...proven, kinds: [...kinds, ...enrolls] });
}

/** The session that was created or stepped up. */
function sessionOf(challenge: Challenge, result: Completed): string | null {
  if (result.type === 'session') return result.session.id;
  return challenge.kind === 'step_up' ? challenge.sessionId : null;
}

/** Removes all second factors of a user, which ends their sessions. Returns the user's new epoch. */
async function turnOff({ store }: RequestContext, user: User): Promise<number | undefined> {
  if (!(await advanceEpoch(store, user.id, user.epoch))) return undefined;
  await removeKinds(store, user.id, kindsBeyondFirst);
  return user.epoch + 1;
}
