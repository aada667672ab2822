import { minute } from '../base/clock.ts';
import { refuse, success, type Outcome, type Refusal } from '../base/outcome.ts';
import { opaqueToken, uuid } from '../base/random.ts';
import { factorOf } from '../factors/index.ts';
import { findOpenEnrollment, insertEnrollment, ofLogin, type Challenge } from '../store/challenges.ts';
import type { User } from '../store/users.ts';
import type { RequestContext } from './context.ts';
import type { Tried } from './log-attempt.ts';
import type { Reason } from './reasons.ts';
import { authenticate, type Caller } from './sessions.ts';

/** Somebody who has proven all they have, and must enrol a factor before they get a session. They can do nothing else. */
export type Enrolling = Pick<Caller, 'userId' | 'accountId' | 'authModule' | 'secondFactorAt'> & {
  /** There is no session yet. */
  readonly id: null;
  /** The one factor they may enrol. */
  readonly kind: string;
  readonly challenge: Challenge;
};

/** A service that acts for a user of its own application. */
export type Managing = Pick<Caller, 'userId' | 'accountId' | 'authModule' | 'secondFactorAt'> & {
  readonly id: null;
  readonly serviceId: string;
  /** The user's epoch at which it may act. Each change begins another one, so an approval is good for one change. */
  readonly approvalEpoch: number;
};

/** Who may change a user's factors. */
export type Changer = Caller | Managing;

/** Who may enrol one: these, and who must before they get in. */
export type Enroller = Changer | Enrolling;

/** What they get for that. */
export type EnrollmentOffer = {
  /** Opaque; speaks for the enrolment alone and dies with it. */
  readonly token: string;
  readonly kind: string;
  readonly expiresAt: number;
};

/** A login that is refused, for now, to who must enrol first. */
export type LoginRefusal = Refusal<Reason> & { readonly enrollment?: EnrollmentOffer };

/** As long as a pending enrolment lasts. */
export const enrollmentLife = 10 * minute;

type Proven = Pick<Challenge, 'userId' | 'authModule' | 'amr' | 'epoch' | 'authConfigOrigin' | 'mfaConfigOrigin'>;

/** Makes the token, in the transaction of the proof that earns it. */
export async function offerEnrollment(
  tx: RequestContext,
  { userId, authModule, amr, epoch, authConfigOrigin, mfaConfigOrigin }: Proven,
  kind: string,
): Promise<EnrollmentOffer> {
  const { random, now } = tx;
  const token = opaqueToken(random);
  const expiresAt = now + enrollmentLife;
  const proven = { userId, authModule, amr, epoch, authConfigOrigin, mfaConfigOrigin };
  const times = { createdAt: now, expiresAt };
  await insertEnrollment(
    tx.store,
    { ...proven, ...times, id: uuid(random, now), kinds: null, prompt: null, enrolls: kind, ...ofLogin },
    token,
  );
  return { token, kind, expiresAt };
}

/** Says who enrols: whose session a token speaks for, or whose enrolment. */
export async function authenticateEnroller(ctx: RequestContext, token: string): Promise<Outcome<Enroller, Reason>> {
  const session = await authenticate(ctx, token);
  if (session.ok) return session;
  const open = await findOpenEnrollment(ctx.store, token, ctx.now);
  if (!open) return refuse('invalid_token');
  const { challenge, user } = open;
  const { userId, authModule, amr, createdAt, enrolls: kind } = challenge;
  if (kind === null) return refuse('invalid_token');
  const secondFactorAt = amr.includes('mfa') ? createdAt : null;
  return success({ id: null, userId, accountId: user.accountId, authModule, secondFactorAt, kind, challenge });
}

/** The session through which a change is made, if there is one. */
export function sessionOf(enroller: Enroller): Caller | undefined {
  return enroller.id === null ? undefined : enroller;
}

/** Through whom, for the log of attempts. */
export function madeBy(enroller: Enroller): Pick<Tried, 'sessionId' | 'detail'> {
  return { sessionId: enroller.id, ...('serviceId' in enroller && byService(enroller.serviceId)) };
}

export const byService = (serviceId: string): Pick<Tried, 'detail'> => ({ detail: `by the service ${serviceId}` });

/** Whether who enrols may enrol this, for a user as they are now: who has no session holds nothing that a change would end. */
export function mayEnroll(enroller: Enroller, kind: string, { epoch }: User): Outcome<undefined, Reason> {
  // What opens a login is nobody's to give to a user who has none here.
  if ('serviceId' in enroller)
    return factorOf(kind).traits.role === 'second' ? success(undefined) : refuse('forbidden');
  if (enroller.id !== null) return success(undefined);
  if (enroller.challenge.epoch !== epoch) return refuse('invalid_token');
  return enroller.kind === kind ? success(undefined) : refuse('forbidden');
}
