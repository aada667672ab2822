import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { networkOf } from '../../base/network.ts';
import { uuid } from '../../base/random.ts';
import type { Begun, CodeMessage } from '../../factors/factor.ts';
import { factorOf, type Kind } from '../../factors/registry.ts';
import { insertAuthenticator, removePending, type Authenticator } from '../../store/authenticators.ts';
import { changeFactors } from './change-factors.ts';
import { factorContext, withTransaction, type RequestContext } from '../context.ts';
import { enrollmentLife } from '../session/offer-enrollment.ts';
import { madeBy, requireEnrollable, sessionOf, type EnrollmentActor } from '../session/enrollment-actor.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import { aboutEnrolling } from './make-authenticator.ts';
import type { Reason } from '../reasons.ts';
import { deliver } from '../proof/send-code.ts';
import { claimEnrollmentCode } from '../proof/sending-limits.ts';
import { settingsInForce } from '../policy/settings-in-force.ts';
import { issueNextTokens, type IssuedTokens } from '../session/issue-token.ts';
import { findFactorOwner, requireProofOf, type FactorOwner } from '../proof/fresh-proof.ts';

export type Enrollment = {
  readonly kind: Kind;
  readonly label: string | null;
  /** The data that the factor needs from the user or their client. */
  readonly input: Readonly<Record<string, unknown>>;
  /** The name to show in the authenticator, if it is not the user's name. */
  readonly person?: { readonly name: string } | undefined;
  /** A lower limit than the factor's on how many of the kind a user may have. It is checked before the step-up. */
  readonly limit?: number | undefined;
};

export type Enrolled = {
  readonly authenticator: Authenticator;
  /** The data that the user is shown once, such as a secret. It is not stored. */
  readonly offer: Readonly<Record<string, unknown>>;
} & Partial<IssuedTokens>;

/**
 * Creates an authenticator for the actor's user. If the factor needs a confirmation, it stays pending for ten minutes,
 * until `confirm` activates it, and does not affect logins.
 */
export async function enroll(
  ctx: RequestContext,
  actor: EnrollmentActor,
  { kind, label, input, person, limit }: Enrollment,
): Promise<Outcome<Enrolled, Reason>> {
  const allowed = await requireRoomAndProof(ctx, actor, { kind, limit });
  if (!allowed.ok) return allowed;
  const { user, authenticators } = allowed.value;
  const may = requireEnrollable(actor, kind, user);
  if (!may.ok) return may;
  if (hasReachedLimit(authenticators, kind)) return refuse('too_many');

  const network = networkIn(actor, ctx);
  const begun = await begin(ctx, { kind, input, person, network }, allowed.value);
  if (!begun.ok) return begun;
  const { id, state, shown: offer, lookup } = begun.value;
  // A password hash or a gateway may have taken seconds.
  const present = ctx.at();
  const { now } = present;
  const made = { id, userId: user.id, kind, label, state };
  const times = { createdAt: now, updatedAt: now, lastUsedAt: null };
  const authenticator = { ...made, revision: 0, ...times, scope: null };
  const facts = { action: 'enroll', factor: kind, ...madeBy(actor), accountId: user.accountId, userId: user.id };

  if (factorOf(kind).enroll?.confirm !== 'none') {
    const pending = { ...authenticator, status: 'pending' as const, expiresAt: now + enrollmentLife };
    return withTransaction(present, async (tx) => {
      await removePending(tx.store, user.id, kind);
      await insertAuthenticator(tx.store, { ...pending, lookup }, now);
      await logSuccess(tx, facts);
      return success({ authenticator: pending, offer });
    });
  }
  const notice = { name: 'factor_added', factor: kind } as const;
  const caller = sessionOf(actor);
  const changed = await changeFactors(present, { user, caller, facts, notice }, async (tx) => {
    await insertAuthenticator(tx.store, { ...made, lookup, status: 'active' }, now);
    return success(undefined);
  });
  if (!changed.ok) return changed;
  const enrolled = { authenticator: { ...authenticator, status: 'active' as const, expiresAt: null }, offer };
  return success({ ...enrolled, ...(caller && (await issueNextTokens(present, caller))) });
}

/**
 * The network under which enrollments are counted. Undefined for services, which enroll many users, and if a proxy
 * forwarded the request and `ip` may be its address.
 */
function networkIn(actor: EnrollmentActor, { client: { ip, isForwarded } }: RequestContext): string | undefined {
  return ip === null || isForwarded || actor.type === 'service' ? undefined : networkOf(ip);
}

type EnrollmentStart = Pick<Enrollment, 'kind' | 'input' | 'person'> & { readonly network: string | undefined };

/**
 * Begins an enrollment without writing anything: makes the factor's state and sends the code, if the factor sends one.
 */
async function begin(
  ctx: RequestContext,
  { kind, input, person, network }: EnrollmentStart,
  { user, authenticators }: FactorOwner,
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
  // If the message cannot be sent, the enrollment is refused.
  const claim = (message: CodeMessage) => claimEnrollmentCode(ctx, { user, network, message });
  const counted = countedInEnrollment(kind);
  const sent = await deliver(ctx, { ...about, user, id, kind, state, settings, counted, claim });
  return sent.ok ? success({ ...begun.value, id, state: sent.value.next?.state ?? state }) : sent;
}

export type EnrollmentLimit = { readonly kind: Kind; readonly limit?: number | undefined };

/** Requires room for one more authenticator of a kind below the given limit, and then fresh proof. */
export async function requireRoomAndProof(
  ctx: RequestContext,
  actor: EnrollmentActor,
  { kind, limit }: EnrollmentLimit,
): Promise<Outcome<FactorOwner, Reason>> {
  const found = await findFactorOwner(ctx, actor);
  if (!found.ok) return found;
  if (limit !== undefined && hasReachedLimit(found.value.authenticators, kind, limit)) return refuse('too_many');
  return requireProofOf(ctx, actor, found.value);
}

/** Whether a user has the maximum number of active authenticators of a kind. */
export function hasReachedLimit(
  authenticators: readonly Authenticator[],
  kind: string,
  limit = factorOf(kind).traits.limit,
): boolean {
  return authenticators.filter((one) => one.kind === kind && one.status === 'active').length >= limit;
}

/** Failed confirmations are counted separately from logins, so that they do not lock the active authenticators. */
export const countedInEnrollment = (kind: string) => `${kind}.enrollment`;
