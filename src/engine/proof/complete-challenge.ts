import { refuse, type Outcome } from '../../base/outcome.ts';
import { factorOf } from '../../factors/registry.ts';
import { removeKinds } from '../../store/authenticators.ts';
import type { Challenge } from '../../store/challenge-rows.ts';
import { closeChallenge } from '../../store/challenges.ts';
import { writeNotice } from '../../store/notices.ts';
import { resetThrottles } from '../../store/throttles.ts';
import { advanceEpoch, type User } from '../../store/users.ts';
import type { AccountPolicy } from '../policy/merge-policy.ts';
import type { RequestContext } from '../context.ts';
import type { EnrollmentOffer } from '../session/offer-enrollment.ts';
import { everything, logSuccess, type AttemptFacts } from '../audit/log-attempt.ts';
import { kindsBeyondFirst } from '../policy/second-factors.ts';
import { spend, type Proven } from './prove.ts';
import type { SecondFactorResponse } from './response.ts';
import { readPolicy } from '../policy/read-policy.ts';
import type { Reason } from '../reasons.ts';
import { withSecondFactor } from '../session/assurance.ts';
import type { CreatedSession } from '../session/create-session.ts';

/** What a right answer brings: a login's session, or what lets its user enroll what they lack; else what its user has proven. */
export type Completed =
  | { readonly type: 'session'; readonly session: CreatedSession }
  | { readonly type: 'enrollment'; readonly offer: EnrollmentOffer }
  | PassedApproval;

/** `at` is when, in milliseconds since the Unix epoch. */
export type PassedApproval = { readonly type: 'approved'; readonly amr: readonly string[]; readonly at: number };

/** What holds for a user who has just passed a challenge. */
export type Passed = {
  readonly user: User;
  readonly epoch: number;
  readonly amr: readonly string[];
  readonly policy: AccountPolicy;
};

/** A challenge that is being answered. */
export type Open<Won extends Completed = Completed> = {
  readonly challenge: Challenge;
  readonly user: User;
  readonly input: SecondFactorResponse;
  readonly tried: AttemptFacts;
  /** Writes what the challenge was for, in the transaction that spends it. */
  readonly win: (tx: RequestContext, passed: Passed) => Promise<Outcome<Won, Reason>>;
};

/** Spends the challenge and the proof, and writes what that wins, in the caller's transaction: a refusal has to end it. */
export async function completeChallenge<Won extends Completed>(
  tx: RequestContext,
  { challenge, user, tried, win }: Open<Won>,
  proven: Proven,
): Promise<Outcome<Won, Reason>> {
  const { kind } = proven.candidate;
  const { roles, disablesMfa } = factorOf(kind).traits;
  if (!(await closeChallenge(tx.store, challenge.id, tx.now))) return refuse('raced');
  const unspent = await spend(tx, proven);
  if (unspent) return refuse(unspent);
  await resetThrottles(tx.store, user.id, kind);
  const epoch = disablesMfa ? await turnOff(tx, user) : challenge.epoch;
  if (epoch === undefined) return refuse('raced');
  const policy = await readPolicy(tx.store, { authModule: challenge.authModule, accountId: user.accountId });
  const won = await win(tx, { user, epoch, amr: withSecondFactor(challenge.amr, proven.proof.amr), policy });
  if (!won.ok) return won;
  const isTold = roles.includes('recovery');
  // A notice refers to its attempt, so that is written whatever the account wants.
  const logs = isTold ? everything : policy.logs;
  const sessionId = sessionOf(challenge, won.value);
  const attempt = await logSuccess(tx, { ...tried, factor: kind, sessionId, logs });
  const name = disablesMfa ? 'mfa_disabled' : 'recovery_code_used';
  if (isTold) await writeNotice(tx.store, user, { attempt, name }, tx.now);
  return won;
}

/** The session that an answer opened or raised. */
function sessionOf(challenge: Challenge, won: Completed): string | null {
  if (won.type === 'session') return won.session.id;
  return challenge.kind === 'step_up' ? challenge.sessionId : null;
}

/** Takes every second factor from a user, which ends all that came before. Answers with the epoch that begins. */
async function turnOff({ store }: RequestContext, user: User): Promise<number | undefined> {
  if (!(await advanceEpoch(store, user.id, user.epoch))) return undefined;
  await removeKinds(store, user.id, kindsBeyondFirst);
  return user.epoch + 1;
}
