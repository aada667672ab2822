import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { networkOf } from '../../base/network.ts';
import { uuid } from '../../base/random.ts';
import type { Begun, CodeMessage } from '../../factors/factor.ts';
import { factorOf, type Kind } from '../../factors/registry.ts';
import { insertAuthenticator, removePending, type Authenticator } from '../../store/authenticators.ts';
import { changeFactors } from './change-factors.ts';
import { factorContext, withTransaction, type RequestContext } from '../context.ts';
import { enrollmentLife } from '../session/offer-enrollment.ts';
import { madeBy, mayEnroll, sessionOf, type EnrollmentActor } from '../session/enrollment-actor.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import { aboutEnrolling } from './make-authenticator.ts';
import type { Reason } from '../reasons.ts';
import { deliver } from '../proof/send-code.ts';
import { claimEnrollmentCode } from '../proof/sending-limits.ts';
import { settingsInForce } from '../policy/settings-in-force.ts';
import { findManager, requireProof, type Manager } from '../session/step-up.ts';

export type Enrollment = {
  readonly kind: Kind;
  readonly label: string | null;
  /** What the factor needs of the person or their client. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Whom it is made for, where that is not who they are here. */
  readonly person?: { readonly name: string } | undefined;
  /** How many of the kind the door lets a user have, where the factor allows more. It is held against them before fresh proof is asked for. */
  readonly limit?: number | undefined;
};

export type Enrolled = {
  readonly authenticator: Authenticator;
  /** Shown once, kept nowhere. */
  readonly offer: Readonly<Record<string, unknown>>;
};

/**
 * Makes one more authenticator for the caller. A factor whose owner must first show that they can use it stays pending for ten
 * minutes and touches nothing that works; `confirm` makes it count. Only users enroll for themselves, or the service that keeps them.
 */
export async function enroll(
  ctx: RequestContext,
  actor: EnrollmentActor,
  { kind, label, input, person, limit }: Enrollment,
): Promise<Outcome<Enrolled, Reason>> {
  const allowed = await mayEnrollOneMore(ctx, actor, { kind, limit });
  if (!allowed.ok) return allowed;
  const { user, authenticators } = allowed.value;
  const may = mayEnroll(actor, kind, user);
  if (!may.ok) return may;
  if (isFull(authenticators, kind)) return refuse('too_many');

  const network = networkIn(actor, ctx);
  const begun = await begin(ctx, { kind, input, person, network }, allowed.value);
  if (!begun.ok) return begun;
  const { id, state, shown: offer, lookup } = begun.value;
  // A hash or a gateway may have taken long.
  const present = ctx.at();
  const { now } = present;
  const made = { id, userId: user.id, kind, label, state };
  const authenticator = { ...made, revision: 0, createdAt: now, updatedAt: now, lastUsedAt: null };
  const tried = {
    action: 'enroll',
    factor: kind,
    ...madeBy(actor),
    accountId: user.accountId,
    userId: user.id,
  };

  if (factorOf(kind).enroll?.confirm !== 'none') {
    return withTransaction(present, async (tx) => {
      await removePending(tx.store, user.id, kind);
      await insertAuthenticator(tx.store, { ...made, lookup, status: 'pending', expiresAt: now + enrollmentLife }, now);
      await logSuccess(tx, tried);
      return success({ authenticator: { ...authenticator, status: 'pending' }, offer });
    });
  }
  const notice = { name: 'factor_added', factor: kind } as const;
  return changeFactors(present, { user, caller: sessionOf(actor), tried, notice }, async (tx) => {
    await insertAuthenticator(tx.store, { ...made, lookup, status: 'active' }, now);
    return success({ authenticator: { ...authenticator, status: 'active' }, offer });
  });
}

/** The network whose enrollments are counted together. A service speaks for many users, and behind a proxy the address is the proxy's. */
function networkIn(actor: EnrollmentActor, { client: { ip, isForwarded } }: RequestContext): string | undefined {
  return ip === null || isForwarded || actor.type === 'service' ? undefined : networkOf(ip);
}

type Beginning = Pick<Enrollment, 'kind' | 'input' | 'person'> & { readonly network: string | undefined };

/** What there is before anything is written: a state, what its owner is shown, and the code that they have to show, on its way. */
async function begin(
  ctx: RequestContext,
  { kind, input, person, network }: Beginning,
  { user, authenticators }: Manager,
): Promise<Outcome<Begun & { readonly id: string }, Reason>> {
  const { enroll: enrollment, traits } = factorOf(kind);
  if (!enrollment) return refuse('forbidden');
  const inForce = await settingsInForce(ctx, { kind, accountId: user.accountId });
  if (!inForce.ok) return inForce;
  const { value: settings } = inForce;
  const id = uuid(ctx.random, ctx.now);
  const about = aboutEnrolling({ id, user: { ...user, ...person } });
  const others = authenticators.filter((one) => one.kind === kind && one.status === 'active').map((one) => one.state);
  const begun = await enrollment.begin({ settings, input, others }, factorContext(ctx, about));
  if (!begun.ok || !traits.sends) return begun.ok ? success({ ...begun.value, id }) : begun;
  const { state } = begun.value;
  // Without the message there is nothing to enroll.
  const claim = (message: CodeMessage) => claimEnrollmentCode(ctx, { user, network, message });
  const counted = countedInEnrollment(kind);
  const sent = await deliver(ctx, { ...about, user, id, kind, state, settings, counted, claim });
  return sent.ok ? success({ ...begun.value, id, state: sent.value.state }) : sent;
}

export type EnrollmentLimit = { readonly kind: Kind; readonly limit?: number | undefined };

/** Lets a caller enroll one more of a kind, unless they have as many as the door lets them have. */
export async function mayEnrollOneMore(
  ctx: RequestContext,
  actor: EnrollmentActor,
  { kind, limit }: EnrollmentLimit,
): Promise<Outcome<Manager, Reason>> {
  const found = await findManager(ctx, actor);
  if (!found.ok) return found;
  if (limit !== undefined && isFull(found.value.authenticators, kind, limit)) return refuse('too_many');
  return requireProof(ctx, actor, found.value);
}

/** Whether a user has as many active authenticators of a kind as one may have. */
export function isFull(
  authenticators: readonly Authenticator[],
  kind: string,
  limit = factorOf(kind).traits.limit,
): boolean {
  return authenticators.filter((one) => one.kind === kind && one.status === 'active').length >= limit;
}

/** Failures to confirm are counted apart from logins: guessing at a new authenticator must not lock the ones that work. */
export const countedInEnrollment = (kind: string) => `${kind}.enrollment`;
