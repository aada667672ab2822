import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { factorOf } from '../../factors/registry.ts';
import { activate, type Authenticator } from '../../store/authenticators.ts';
import { closeChallenge } from '../../store/challenges.ts';
import { resetThrottle } from '../../store/throttles.ts';
import type { User } from '../../store/users.ts';
import { changeFactors } from './change-factors.ts';
import { inTurn, type RequestContext } from '../context.ts';
import {
  madeBy,
  mayEnroll,
  sessionOf,
  type EnrollmentActor,
  type EnrollingActor,
} from '../session/enrollment-actor.ts';
import { logRefusal, logSuccess } from '../audit/log-attempt.ts';
import { aboutEnrolling } from './make-authenticator.ts';
import { prove, type Proven } from '../proof/prove.ts';
import { readPolicy } from '../policy/read-policy.ts';
import type { Reason } from '../reasons.ts';
import { codesLeft, makeRecoveryCodes, writeCodes, type MadeCodes } from './recovery-codes.ts';
import { issueToken } from '../session/issue-token.ts';
import { createSession, type CreatedSession } from '../session/create-session.ts';
import { withSecondFactor } from '../session/assurance.ts';
import { countedInEnrollment, hasReachedLimit, mayEnrollOneMore, type EnrollmentLimit } from './enroll.ts';
import { requireStepUp, type FactorManager } from '../session/step-up.ts';

export type EnrollmentConfirmation = {
  readonly authenticatorId?: string;
  /** Instead of an id: the pending authenticator of this kind, for APIs that do not show ids. */
  readonly awaited?: EnrollmentLimit;
  readonly response: unknown;
  /** Set by APIs that do not show recovery codes. By default they are created for a user who has none. */
  readonly withoutRecoveryCodes?: true;
};

export type Confirmed = {
  /** New recovery codes, shown once, if the user had none; otherwise empty. */
  readonly recoveryCodes: readonly string[];
  /** The access token of the new session, if the user had to enroll before they got one. */
  readonly token?: string;
};

/**
 * Confirms an enrollment: a right response activates the authenticator, counts as its proof in this session, and cannot
 * be used again. Wrong responses are limited as at a login.
 */
export async function confirm(
  ctx: RequestContext,
  actor: EnrollmentActor,
  { response, withoutRecoveryCodes, ...which }: EnrollmentConfirmation,
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
    const confirmed = proof.ok ? await complete(present, { user, actor, pending, proven: proof.value, codes }) : proof;
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
): Promise<Outcome<FactorManager & { readonly pending: Authenticator }, Reason>> {
  const allowed = awaited ? await mayEnrollOneMore(ctx, actor, awaited) : await requireStepUp(ctx, actor);
  if (!allowed.ok) return allowed;
  const { user, authenticators } = allowed.value;
  const pending = authenticators.find(({ id, kind, status }) =>
    awaited ? kind === awaited.kind && status === 'pending' : id === authenticatorId,
  );
  if (!pending) return refuse('not_found');
  const may = mayEnroll(actor, pending.kind, user);
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
};

async function complete(
  ctx: RequestContext,
  { user, actor, pending, proven, codes }: ProvenEnrollment,
): Promise<Outcome<Confirmed, Reason>> {
  const { kind } = pending;
  const { state = pending.state, lookup } = proven.proof;
  const amr = withSecondFactor(provenBy(actor), proven.proof.amr);
  const facts = { action: 'confirm', factor: kind, ...madeBy(actor) };
  const notice = { name: 'factor_added', factor: kind } as const;
  const change = { user, caller: sessionOf(actor), facts, notice, proven: { amr, secondFactorAt: ctx.now } };
  const changed = await changeFactors(ctx, change, async (tx) => {
    if (!(await activate(tx.store, { ...pending, lookup }, state, tx.now))) return refuse('raced');
    await resetThrottle(tx.store, user.id, proven.counted);
    if (codes) await writeCodes(tx, codes);
    const recoveryCodes = codes?.codes ?? [];
    const login = actor.type === 'enrollment' ? await logIn(tx, { user, actor, kind, amr }) : success(undefined);
    return login.ok ? success({ recoveryCodes, session: login.value }) : login;
  });
  if (!changed.ok) return changed;
  const { recoveryCodes, session } = changed.value;
  if (!session) return success({ recoveryCodes });
  return success({ recoveryCodes, token: await issueToken(ctx, session, user.accountId) });
}

/** The methods that the actor had proven before. Those of a service's users are not known here. */
function provenBy(actor: EnrollmentActor): readonly string[] {
  if (actor.type === 'service') return [];
  return actor.type === 'enrollment' ? actor.challenge.amr : actor.amr;
}

type InterruptedLogin = Pick<ProvenEnrollment, 'user'> & {
  readonly actor: EnrollingActor;
  readonly kind: string;
  readonly amr: readonly string[];
};

/**
 * Completes the login that required the enrollment. The session belongs to the user's new epoch, which the change
 * begins.
 */
async function logIn(
  tx: RequestContext,
  { user, actor: { challenge }, kind, amr }: InterruptedLogin,
): Promise<Outcome<CreatedSession, Reason>> {
  if (!(await closeChallenge(tx.store, challenge.id, tx.now))) return refuse('raced');
  const { authModule, authConfigOrigin, mfaConfigOrigin } = challenge;
  const policy = await readPolicy(tx.store, { authModule, accountId: user.accountId });
  const session = await createSession(tx, {
    user,
    epoch: user.epoch + 1,
    authModule,
    amr,
    secondFactor: true,
    policy,
  });
  const who = { accountId: user.accountId, userId: user.id, sessionId: session.id };
  const { logs } = policy;
  const about = { action: 'answer', factor: kind, authModule, authConfigOrigin, mfaConfigOrigin, logs };
  await logSuccess(tx, { ...about, ...who });
  return success(session);
}
