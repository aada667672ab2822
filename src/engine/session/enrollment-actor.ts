import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { hasRole } from '../../factors/registry.ts';
import type { EnrollmentChallenge } from '../../store/challenge-rows.ts';
import { findOpenEnrollment } from '../../store/challenges.ts';
import type { User } from '../../store/users.ts';
import type { RequestContext } from '../context.ts';
import type { AttemptFacts } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import { authenticate, type Caller } from './authenticate.ts';

/** What each of these has. */
type Acting = Pick<Caller, 'userId' | 'accountId' | 'authModule' | 'secondFactorAt'>;

/** Somebody who has proven all they have, and must enrol a factor before they get a session. They can do nothing else. */
export type EnrollingActor = Acting & { readonly type: 'enrollment'; readonly challenge: EnrollmentChallenge };

/** A service that acts for a user of its own application. */
export type ServiceActor = Acting & {
  readonly type: 'service';
  readonly serviceId: string;
  /** The user's epoch at which it may act. Each change begins another one, so an approval is good for one change. */
  readonly approvalEpoch: number;
};

/** Who may change a user's factors. */
export type FactorChangeActor = Caller | ServiceActor;

/** Who may enrol one: these, and who must before they get in. */
export type EnrollmentActor = FactorChangeActor | EnrollingActor;

/** Says who enrols: whose session a token speaks for, or whose enrolment. */
export async function authenticateEnrollmentActor(
  ctx: RequestContext,
  token: string,
): Promise<Outcome<EnrollmentActor, Reason>> {
  const session = await authenticate(ctx, token);
  if (session.ok) return session;
  const open = await findOpenEnrollment(ctx.store, token, ctx.now);
  if (!open) return refuse('invalid_token');
  const { challenge, user } = open;
  const { userId, authModule, amr, createdAt } = challenge;
  const secondFactorAt = amr.includes('mfa') ? createdAt : null;
  return success({ type: 'enrollment', userId, accountId: user.accountId, authModule, secondFactorAt, challenge });
}

/** The session through which a change is made, if there is one. */
export function sessionOf(actor: EnrollmentActor): Caller | undefined {
  return actor.type === 'session' ? actor : undefined;
}

/** Through whom, for the log of attempts. */
export function madeBy(actor: EnrollmentActor): Pick<AttemptFacts, 'sessionId' | 'detail'> {
  if (actor.type === 'service') return { sessionId: null, ...byService(actor.serviceId) };
  return { sessionId: actor.type === 'session' ? actor.id : null };
}

export const byService = (serviceId: string): Pick<AttemptFacts, 'detail'> => ({
  detail: `by the service ${serviceId}`,
});

/** Whether who enrols may enrol this, for a user as they are now: who has no session holds nothing that a change would end. */
export function mayEnroll(actor: EnrollmentActor, kind: string, { epoch }: User): Outcome<undefined, Reason> {
  // What opens a login is nobody's to give to a user who has none here.
  if (actor.type === 'service') return hasRole(kind, 'second') ? success(undefined) : refuse('forbidden');
  if (actor.type === 'session') return success(undefined);
  if (actor.challenge.epoch !== epoch) return refuse('invalid_token');
  return actor.challenge.enrolls === kind ? success(undefined) : refuse('forbidden');
}
