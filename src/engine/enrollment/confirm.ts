import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { factorOf } from '../../factors/registry.ts';
import { activate, type Authenticator } from '../../store/authenticators.ts';
import { closeChallenge } from '../../store/challenges.ts';
import { raiseSession, raiseToken } from '../../store/session-generations.ts';
import type { Session } from '../../store/sessions.ts';
import { resetThrottle } from '../../store/throttles.ts';
import type { User } from '../../store/users.ts';
import { changeFactors } from './change-factors.ts';
import { inTurn, type RequestContext } from '../context.ts';
import { madeBy, requireEnrollable, type EnrollmentActor, type EnrollingActor } from '../session/enrollment-actor.ts';
import { logRefusal, logSuccess } from '../audit/log-attempt.ts';
import { aboutEnrolling } from './make-authenticator.ts';
import { prove, type Proven } from '../proof/prove.ts';
import type { AccountPolicy } from '../policy/merge-policy.ts';
import { readPolicy } from '../policy/read-policy.ts';
import { requireStillEnough } from '../policy/still-enough.ts';
import type { Reason } from '../reasons.ts';
import { codesLeft, makeRecoveryCodes, writeCodes, type MadeCodes } from './recovery-codes.ts';
import { issueNextTokens, type IssuedTokens } from '../session/issue-token.ts';
import type { Caller } from '../session/authenticate.ts';
import { issuedToOf } from '../session/issued-to.ts';
import { createSession } from '../session/create-session.ts';
import { withEnrollment, type ProvenFactors } from '../session/assurance.ts';
import { countedInEnrollment, hasReachedLimit, requireRoomAndProof, type EnrollmentLimit } from './enroll.ts';
import { requireStepUp, type FactorOwner } from '../proof/fresh-proof.ts';

export type EnrollmentConfirmation = {
  readonly authenticatorId?: string;
  /** Instead of an id: the pending authenticator of this kind, for APIs that do not show ids. */
  readonly awaited?: EnrollmentLimit;
  readonly response: unknown;
  /** Set by APIs that do not show recovery codes. By default they are created for a user who has none. */
  readonly withoutRecoveryCodes?: true;
  /** Set by APIs whose clients read no new token: the access token that confirms is raised in place. */
  readonly raisesToken?: true;
};

export type Confirmed = {
  /** New recovery codes, shown once, if the user had none; otherwise empty. */
  readonly recoveryCodes: readonly string[];
} & Partial<IssuedTokens>;

/**
 * Confirms an enrollment: a right response activates the authenticator, counts as its proof in this session, and cannot
 * be used again. Wrong responses are limited as at a login.
 */
export async function confirm(
  ctx: RequestContext,
  actor: EnrollmentActor,
  { response, withoutRecoveryCodes, raisesToken, ...which }: EnrollmentConfirmation,
): Promise<Outcome<Confirmed, Reason>> {
  return inTurn(ctx, `${actor.userId}/confirm`, async (turn) => {
    const found = await findPending(turn, actor, which);
    if (!found.ok) return found;
    const { user, authenticators, pending } = found.value;
    const read = factorOf(pending.kind).enroll?.read(response);
    if (!read) return refuse('malformed_reply');

    const candidates = [{ kind: pending.kind, state: pending.state, authenticator: pending, read }];
    const { binding } = aboutEnrolling({ id: pending.id, user });
    const { outcome: proof } = await prove(turn, {
      subject: user.id,
      user,
      binding,
      countAs: countedInEnrollment,
      candidates,
    });
    // The hash may have waited in the queue.
    const present = turn.at();
    const needsCodes = !withoutRecoveryCodes && codesLeft(authenticators) === 0;
    const codes = proof.ok && needsCodes ? await makeRecoveryCodes(present, user) : undefined;
    const confirmed = proof.ok
      ? await complete(present, { user, actor, pending, proven: proof.value, codes, raisesToken })
      : proof;
    if (!confirmed.ok) {
      const who = { ...madeBy(actor), accountId: user.accountId, userId: user.id };
      await logRefusal(present, { action: 'confirm', factor: pending.kind, ...who }, confirmed.reason);
    }
    return confirmed;
  });
}

/** The pending authenticator, if the actor may confirm it. */
async function findPending(
  ctx: RequestContext,
  actor: EnrollmentActor,
  { authenticatorId, awaited }: Pick<EnrollmentConfirmation, 'authenticatorId' | 'awaited'>,
): Promise<Outcome<FactorOwner & { readonly pending: Authenticator }, Reason>> {
  const allowed = awaited ? await requireRoomAndProof(ctx, actor, awaited) : await requireStepUp(ctx, actor);
  if (!allowed.ok) return allowed;
  const { user, authenticators } = allowed.value;
  const pending = authenticators.find(({ id, kind, status }) =>
    awaited ? kind === awaited.kind && status === 'pending' : id === authenticatorId,
  );
  if (!pending) return refuse('not_found');
  const may = requireEnrollable(actor, pending.kind, user);
  if (!may.ok) return may;
  if (pending.status !== 'pending') return refuse('already_confirmed');
  return hasReachedLimit(authenticators, pending.kind)
    ? refuse('too_many')
    : success({ user, authenticators, pending });
}

type ProvenEnrollment = {
  readonly user: User;
  readonly actor: EnrollmentActor;
  readonly pending: Authenticator;
  readonly proven: Proven;
  readonly codes: MadeCodes | undefined;
  readonly raisesToken: true | undefined;
};

async function complete(
  ctx: RequestContext,
  { user, actor, pending, proven, codes, raisesToken }: ProvenEnrollment,
): Promise<Outcome<Confirmed, Reason>> {
  const { kind } = pending;
  const { state = pending.state, lookup } = proven.proof;
  const facts = { action: 'confirm', factor: kind, ...madeBy(actor) };
  const notice = { name: 'factor_added', factor: kind } as const;
  const changed = await changeFactors(ctx, { user, facts, notice }, async (tx) => {
    if (!(await activate(tx.store, { ...pending, lookup }, state, tx.now))) return refuse('raced');
    await resetThrottle(tx.store, user.id, proven.counted);
    if (codes) await writeCodes(tx, codes);
    const recoveryCodes = codes?.codes ?? [];
    const enrolled = { user, actor, kind, methods: proven.proof.amr, raisesToken };
    const session = await sessionAfter(tx, enrolled);
    return session.ok ? success({ recoveryCodes, session: session.value }) : session;
  });
  if (!changed.ok) return changed;
  const { recoveryCodes, session } = changed.value;
  return success({ recoveryCodes, ...(session && (await issueNextTokens(ctx, session))) });
}

type PendingConfirmation = Pick<ProvenEnrollment, 'user' | 'actor' | 'raisesToken'> & {
  readonly kind: string;
  /** The methods that the enrollment has proven. */
  readonly methods: readonly string[];
};

/** An enrollment, and what its session has proven with it. */
type EnrolledFactor = Pick<PendingConfirmation, 'user' | 'kind' | 'raisesToken'> & {
  readonly policy: AccountPolicy;
  readonly proven: ProvenFactors;
};

type SessionOfUser = Session & Pick<User, 'accountId' | 'roles'>;

/** The session of the actor, whose next generation begins with the enrollment. A service has none. */
async function sessionAfter(
  tx: RequestContext,
  { actor, methods, ...enrollment }: PendingConfirmation,
): Promise<Outcome<SessionOfUser | undefined, Reason>> {
  if (actor.type === 'service') return success(undefined);
  const { accountId, roles } = enrollment.user;
  const policy = await readPolicy(tx.store, { authModule: actor.authModule, accountId, roles });
  const enrolled = { ...enrollment, policy, proven: withEnrollment(actor, methods, { policy, now: tx.now }) };
  return actor.type === 'enrollment' ? logIn(tx, actor, enrolled) : raise(tx, actor, enrolled);
}

async function raise(
  tx: RequestContext,
  caller: Caller,
  { user, kind, proven, raisesToken }: EnrolledFactor,
): Promise<Outcome<SessionOfUser, Reason>> {
  const secondKinds = [...new Set([...(caller.secondKinds ?? []), kind])];
  const next = { ...caller, epoch: user.epoch + 1, ...proven, secondKinds };
  const generation = await raiseSession(tx.store, next);
  if (generation === undefined) return refuse('raced');
  const { tokenId, authTime } = next;
  if (raisesToken && tokenId !== undefined) {
    await raiseToken(tx.store, caller.id, { tokenId, generation, authTime, ...proven });
  }
  return success({ ...next, generation });
}

/**
 * Completes the login that required the enrollment. The session belongs to the user's new epoch, which the change
 * begins.
 */
async function logIn(
  tx: RequestContext,
  { challenge }: EnrollingActor,
  { user, kind, policy, proven: { amr } }: EnrolledFactor,
): Promise<Outcome<SessionOfUser, Reason>> {
  if (!(await closeChallenge(tx.store, challenge.id, tx.now))) return refuse('raced');
  const issuedTo = await issuedToOf(tx, challenge);
  if (!issuedTo.ok) return issuedTo;
  const { authModule, authConfigOrigin, mfaConfigOrigin } = challenge;
  const enough = await requireStillEnough(tx, policy, { kinds: [kind] });
  if (!enough.ok) return enough;
  const epoch = user.epoch + 1;
  const login = { user, epoch, authModule, amr, secondKinds: [kind], policy };
  const session = await createSession(tx, { ...login, issuedTo: issuedTo.value });
  const who = { accountId: user.accountId, userId: user.id, sessionId: session.id };
  const { logs } = policy;
  const about = { action: 'answer', factor: kind, authModule, authConfigOrigin, mfaConfigOrigin, logs };
  await logSuccess(tx, { ...about, ...who });
  return success({ ...session, accountId: user.accountId, roles: user.roles });
}
