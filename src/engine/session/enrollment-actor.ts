import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { hasRole } from '../../factors/registry.ts';
import type { EnrollmentChallenge } from '../../store/challenge-rows.ts';
import { findOpenEnrollment } from '../../store/challenges.ts';
import type { User } from '../../store/users.ts';
import type { RequestContext } from '../context.ts';
import type { AttemptFacts } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import { authenticate, type Caller } from './authenticate.ts';

/** The members that all actors have. */
type ActorBase = Pick<Caller, 'userId' | 'accountId' | 'authModule' | 'amr' | 'secondFactorAt'>;

/**
 * A user who has proven all factors they have, and must enroll another before they get a session. They can do nothing
 * else.
 */
export type EnrollingActor = ActorBase & { readonly type: 'enrollment'; readonly challenge: EnrollmentChallenge };

/** A service that acts for a user of its own application. */
export type ServiceActor = ActorBase & {
  readonly type: 'service';
  readonly serviceId: string;
  /**
   * The user's epoch for which the user's approval is valid. Each change begins a new epoch, so an approval allows one
   * change.
   */
  readonly approvalEpoch: number;
};

/** May change a user's factors. */
export type FactorChangeActor = Caller | ServiceActor;

/** May enroll a factor. */
export type EnrollmentActor = FactorChangeActor | EnrollingActor;

/** Finds the session or the enrollment of a token. */
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
  const proven = { amr, secondFactorAt };
  return success({ type: 'enrollment', userId, accountId: user.accountId, authModule, ...proven, challenge });
}

/** The session of an actor, if it has one. */
export function sessionOf(actor: EnrollmentActor): Caller | undefined {
  return actor.type === 'session' ? actor : undefined;
}

/** The actor of a change, for the audit log. */
export function madeBy(actor: EnrollmentActor): Pick<AttemptFacts, 'sessionId' | 'detail'> {
  if (actor.type === 'service') return { sessionId: null, ...byService(actor.serviceId) };
  return { sessionId: actor.type === 'session' ? actor.id : null };
}

export const byService = (serviceId: string): Pick<AttemptFacts, 'detail'> => ({
  detail: `by the service ${serviceId}`,
});

/**
 * Refuses an OAuth2 client to change a first factor of its own user. With a first factor, an OAuth2 client could log in
 * without its scope.
 */
export function requireChangeable({ clientId }: Pick<Caller, 'clientId'>, kind: string): Outcome<undefined, Reason> {
  return clientId !== null && hasRole(kind, 'first') ? refuse('insufficient_scope') : success(undefined);
}

/**
 * Refuses an actor that may not enroll a kind of factor. `epoch` is the user's current one: an enrollment token of an earlier
 * epoch is void.
 */
export function requireEnrollable(actor: EnrollmentActor, kind: string, { epoch }: User): Outcome<undefined, Reason> {
  // A service must not give its users a first factor, with which they could log in here.
  if (actor.type === 'service') return hasRole(kind, 'second') ? success(undefined) : refuse('forbidden');
  if (actor.type === 'session') return requireChangeable(actor, kind);
  if (actor.challenge.epoch !== epoch) return refuse('invalid_token');
  return actor.challenge.enrolls === kind ? success(undefined) : refuse('forbidden');
}
