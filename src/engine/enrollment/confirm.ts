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
import { countedInEnrollment, isFull, mayEnrollOneMore, type EnrollmentLimit } from './enroll.ts';
import { requireStepUp, type Manager } from '../session/step-up.ts';

export type EnrollmentConfirmation = {
  readonly authenticatorId?: string;
  /** In the place of an id: the one of a kind that waits, for a door that does not show ids. */
  readonly awaited?: EnrollmentLimit;
  readonly response: unknown;
  /** Set by doors that do not show recovery codes: without it they are made for a user who has none. */
  readonly withoutRecoveryCodes?: true;
};

export type Confirmed = {
  /** Recovery codes, made when the user has none; empty otherwise. Shown once. */
  readonly recoveryCodes: readonly string[];
  /** The access token of the session that this opens, for who had to enrol before they got one. */
  readonly token?: string;
};

/**
 * Completes an enrolment: a right reply makes the authenticator count, and counts as proving it in this session. The reply
 * is spent by that. A wrong one can be tried again, as often as a login could.
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
    // The hash may have taken long.
    const present = turn.at();
    const needsCodes = !withoutRecoveryCodes && codesLeft(authenticators) === 0;
    const codes = proof.ok && needsCodes ? await makeRecoveryCodes(present, user) : undefined;
    const confirmed = proof.ok ? await keep(present, { user, actor, pending, proven: proof.value, codes }) : proof;
    if (!confirmed.ok) {
      const who = { ...madeBy(actor), accountId: user.accountId, userId: user.id };
      await logRefusal(present, { action: 'confirm', factor: pending.kind, ...who }, confirmed.reason);
    }
    return confirmed;
  });
}

/** What waits to be confirmed, where the caller may confirm it. */
async function findPending(
  ctx: RequestContext,
  actor: EnrollmentActor,
  { authenticatorId, awaited }: Pick<EnrollmentConfirmation, 'authenticatorId' | 'awaited'>,
): Promise<Outcome<Manager & { readonly pending: Authenticator }, Reason>> {
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
  return isFull(authenticators, pending.kind) ? refuse('too_many') : success({ user, authenticators, pending });
}

type Keeping = {
  readonly user: User;
  readonly actor: EnrollmentActor;
  readonly pending: Authenticator;
  readonly proven: Proven;
  readonly codes: MadeCodes | undefined;
};

async function keep(
  ctx: RequestContext,
  { user, actor, pending, proven, codes }: Keeping,
): Promise<Outcome<Confirmed, Reason>> {
  const { kind } = pending;
  const { state = pending.state, lookup } = proven.proof;
  const amr = withSecondFactor(provenBy(actor), proven.proof.amr);
  const tried = { action: 'confirm', factor: kind, ...madeBy(actor) };
  const notice = { name: 'factor_added', factor: kind } as const;
  const change = { user, caller: sessionOf(actor), tried, notice, proven: { amr, secondFactorAt: ctx.now } };
  const kept = await changeFactors(ctx, change, async (tx) => {
    if (!(await activate(tx.store, { ...pending, lookup }, state, tx.now))) return refuse('raced');
    await resetThrottle(tx.store, user.id, proven.counted);
    if (codes) await writeCodes(tx, codes);
    const recoveryCodes = codes?.codes ?? [];
    const opened = actor.type === 'enrollment' ? await logIn(tx, { user, actor, kind, amr }) : success(undefined);
    return opened.ok ? success({ recoveryCodes, session: opened.value }) : opened;
  });
  if (!kept.ok) return kept;
  const { recoveryCodes, session } = kept.value;
  if (!session) return success({ recoveryCodes });
  return success({ recoveryCodes, token: await issueToken(ctx, session, user.accountId) });
}

/** What was proven before; a service says by itself what it has checked. */
function provenBy(actor: EnrollmentActor): readonly string[] {
  if (actor.type === 'service') return [];
  return actor.type === 'enrollment' ? actor.challenge.amr : actor.amr;
}

type LoggingIn = Pick<Keeping, 'user'> & {
  readonly actor: EnrollingActor;
  readonly kind: string;
  readonly amr: readonly string[];
};

/** The login that could not end without the factor ends with it. Its session is of the epoch that the change begins. */
async function logIn(
  tx: RequestContext,
  { user, actor: { challenge }, kind, amr }: LoggingIn,
): Promise<Outcome<CreatedSession, Reason>> {
  if (!(await closeChallenge(tx.store, challenge.id, tx.now))) return refuse('raced');
  const { authModule, authConfigOrigin, mfaConfigOrigin } = challenge;
  const policy = await readPolicy(tx.store, { authModule, accountId: user.accountId });
  const opening = { user, epoch: user.epoch + 1, authModule, amr, secondFactor: true, policy };
  const session = await createSession(tx, opening);
  const who = { accountId: user.accountId, userId: user.id, sessionId: session.id };
  const { logs } = policy;
  const about = { action: 'answer', factor: kind, authModule, authConfigOrigin, mfaConfigOrigin, logs };
  await logSuccess(tx, { ...about, ...who });
  return success(session);
}
