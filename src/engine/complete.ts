import { refuse, success, type Outcome } from '../base/outcome.ts';
import type { Traits } from '../factors/factor.ts';
import { removeKinds } from '../store/authenticators.ts';
import { stepUpSession } from '../store/sessions.ts';
import { closeChallenge, type Challenge } from '../store/challenges.ts';
import { writeNotice } from '../store/notices.ts';
import { resetThrottles } from '../store/throttles.ts';
import { advanceEpoch, type User } from '../store/users.ts';
import type { RequestContext } from './context.ts';
import { offerEnrollment, type EnrollmentOffer } from './enroller.ts';
import { everything, logSuccess, type Tried } from './log-attempt.ts';
import { kindsBeyondFirst } from './policy.ts';
import { readPolicy } from './read-policy.ts';
import type { Reason } from './reasons.ts';
import { openSession, withSecondFactor, type IssuedTo, type OpenedSession } from './sessions.ts';

export type Reply = {
  /** What the person sent: a code of one of their second factors, a recovery code, or what a provider gave them. */
  readonly reply: unknown;
  /** What it may be; either, when absent. */
  readonly role?: 'second' | 'recovery' | undefined;
  /** The kind of factor it is meant for, where its person said one. */
  readonly kind?: string | undefined;
  readonly issuedTo?: IssuedTo | undefined;
};

export type Answer = Reply & { readonly challengeToken: string };

/** A challenge that is being answered. */
export type Open = {
  readonly challenge: Challenge;
  readonly user: User;
  readonly input: Reply;
  readonly tried: Tried;
};

/** A second factor that was proven. */
export type Proven = {
  readonly kind: string;
  readonly traits: Pick<Traits, 'role' | 'amr' | 'disablesMfa'>;
  /** Spends the proof, or says why it can't be. */
  readonly spend: (tx: RequestContext) => Promise<Reason | undefined>;
};

/** What was not asked for by a login: what its user has proven. */
export type Approved = {
  readonly approved: readonly string[];
  /** When, in milliseconds since the Unix epoch. */
  readonly at: number;
};

export type Completed = Outcome<OpenedSession | EnrollmentOffer | Approved, Reason>;

/**
 * Spends the challenge and the proof, and opens the session, or lets the user enrol what they lack, in the caller's transaction: a refusal has
 * to end it.
 */
export async function complete(
  tx: RequestContext,
  { challenge, user, input, tried }: Open,
  { kind, traits, spend }: Proven,
): Promise<Completed> {
  if (!(await closeChallenge(tx.store, challenge.id, tx.now))) return refuse('raced');
  const unspent = await spend(tx);
  if (unspent) return refuse(unspent);
  await resetThrottles(tx.store, user.id, kind);
  const epoch = traits.disablesMfa ? await turnOff(tx, user) : challenge.epoch;
  if (epoch === undefined) return refuse('raced');
  const policy = await readPolicy(tx.store, { authModule: challenge.authModule, accountId: user.accountId });
  const amr = withSecondFactor(challenge.amr, traits.amr);
  const proven = { ...challenge, epoch, amr };
  const { issuedTo } = input;
  const { serviceId, sessionId: stepsUp } = challenge;
  if (stepsUp !== null) {
    const steps = { id: stepsUp, userId: user.id, epoch, amr };
    if (!(await stepUpSession(tx.store, steps, tx.now))) return refuse('raced');
  }
  const won: OpenedSession | EnrollmentOffer | Approved =
    serviceId !== null || stepsUp !== null
      ? { approved: amr, at: tx.now }
      : challenge.enrolls === null
        ? await openSession(tx, { ...proven, user, secondFactor: true, issuedTo, policy })
        : await offerEnrollment(tx, proven, challenge.enrolls);
  const sessionId = 'id' in won ? won.id : stepsUp;
  const isTold = traits.role === 'recovery';
  // A notice refers to its attempt, so that is written whatever the account wants.
  const logs = isTold ? everything : policy.logs;
  const attempt = await logSuccess(tx, { ...tried, factor: kind, sessionId, logs });
  const name = traits.disablesMfa ? 'mfa_disabled' : 'recovery_code_used';
  if (isTold) await writeNotice(tx.store, user, { attempt, name }, tx.now);
  return success(won);
}

/** Takes every second factor from a user, which ends all that came before. Answers with the epoch that begins. */
async function turnOff({ store }: RequestContext, user: User): Promise<number | undefined> {
  if (!(await advanceEpoch(store, user.id, user.epoch))) return undefined;
  await removeKinds(store, user.id, kindsBeyondFirst);
  return user.epoch + 1;
}
