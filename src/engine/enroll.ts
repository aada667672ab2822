import { refuse, success, type Outcome } from '../base/outcome.ts';
import { uuid } from '../base/random.ts';
import { networkOf } from '../base/network.ts';
import type { CodeMessage, Person } from '../factors/factor.ts';
import { factorOf, factors, type Kind } from '../factors/index.ts';
import { insertAuthenticator, removePending, type Authenticator } from '../store/authenticators.ts';
import { changeFactors } from './change.ts';
import { helpAt, withTransaction, type RequestContext } from './context.ts';
import { enrollmentLife, madeBy, mayEnroll, sessionOf, type Enroller } from './enroller.ts';
import { logSuccess } from './log-attempt.ts';
import type { Reason } from './reasons.ts';
import { deliver } from './send-code.ts';
import { claimEnrollmentCode } from './send-shares.ts';
import { requireStepUp } from './step-up.ts';

export type Enrollment = {
  readonly kind: Kind;
  readonly label: string | null;
  /** What the factor needs of the person or their client. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Whom it is made for, where that is not who they are here. */
  readonly person?: Person | undefined;
};

export type Enrolled = {
  readonly authenticator: Authenticator;
  /** Shown once, kept nowhere. */
  readonly offer: Readonly<Record<string, unknown>>;
};

/**
 * Makes one more authenticator for who asks. A factor whose owner must first show that they can use it stays pending for ten
 * minutes and touches nothing that works; `confirm` makes it count. Only a user themself enrols, or the service that keeps them.
 */
export async function enroll(
  ctx: RequestContext,
  enroller: Enroller,
  { kind, label, input, person }: Enrollment,
): Promise<Outcome<Enrolled, Reason>> {
  const factor = factors[kind];
  const allowed = await requireStepUp(ctx, enroller);
  if (!allowed.ok) return allowed;
  const { user, authenticators } = allowed.value;
  const may = mayEnroll(enroller, kind, user);
  if (!may.ok) return may;
  if (isFull(authenticators, kind)) return refuse('too_many');

  const begun = await factor.begin(input, person ?? user, helpAt(ctx));
  if (!begun.ok) return begun;
  const { state: first, offer, lookup } = begun.value;
  const network = networkIn(enroller, ctx);
  const claim = (message: CodeMessage) => claimEnrollmentCode(ctx, { user, network, message });
  // What its owner has to show is a code that was sent: without the message there is nothing to enrol.
  const asked = factor.send
    ? await deliver(ctx, user, { kind, state: first, counted: countedInEnrollment(kind), claim })
    : success({ state: first });
  if (!asked.ok) return asked;
  const { state } = asked.value;
  // A hash or a gateway may have taken long.
  const present = ctx.at();
  const { now } = present;
  const made = { id: uuid(ctx.random, now), userId: user.id, kind, label, state };
  const authenticator = { ...made, revision: 0, createdAt: now, updatedAt: now, lastUsedAt: null };
  const tried = {
    action: 'enroll',
    factor: kind,
    ...madeBy(enroller),
    accountId: user.accountId,
    userId: user.id,
  };

  if (factor.traits.confirms) {
    return withTransaction(present, async (tx) => {
      await removePending(tx.store, user.id, kind);
      await insertAuthenticator(tx.store, { ...made, lookup, status: 'pending', expiresAt: now + enrollmentLife }, now);
      await logSuccess(tx, tried);
      return success({ authenticator: { ...authenticator, status: 'pending' }, offer });
    });
  }
  const notice = { name: 'factor_added', factor: kind } as const;
  return changeFactors(present, { user, caller: sessionOf(enroller), tried, notice }, async (tx) => {
    await insertAuthenticator(tx.store, { ...made, lookup, status: 'active' }, now);
    return success({ authenticator: { ...authenticator, status: 'active' }, offer });
  });
}

/** The network whose enrollments are counted together. A service speaks for many users, and behind a proxy the address is the proxy's. */
function networkIn(enroller: Enroller, { client: { ip, isForwarded } }: RequestContext): string | undefined {
  return ip === null || isForwarded || 'serviceId' in enroller ? undefined : networkOf(ip);
}

/** Whether a user has as many active authenticators of a kind as one may have. */
export function isFull(authenticators: readonly Authenticator[], kind: string): boolean {
  const having = authenticators.filter((one) => one.kind === kind && one.status === 'active');
  return having.length >= factorOf(kind).traits.limit;
}

/** Failures to confirm are counted apart from logins: guessing at a new authenticator must not lock the ones that work. */
export const countedInEnrollment = (kind: string) => `${kind}.enrollment`;
