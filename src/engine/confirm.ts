import { refuse, success, type Outcome } from '../base/outcome.ts';
import { factorOf } from '../factors/index.ts';
import { activate } from '../store/authenticators.ts';
import { resetThrottle } from '../store/throttles.ts';
import type { User } from '../store/users.ts';
import { changeFactors } from './change.ts';
import type { Client, Context } from './context.ts';
import { logRefusal } from './log-attempt.ts';
import { prove, type Proof } from './prove.ts';
import type { Reason } from './reasons.ts';
import { hasCodesLeft, writeRecoveryCodes } from './recovery-codes.ts';
import { withSecondFactor, type Caller } from './sessions.ts';
import { countedInEnrollment, isFull } from './enroll.ts';
import { requireStepUp } from './step-up.ts';

export type Confirmation = {
  readonly authenticatorId: string;
  readonly reply: unknown;
  /** Set by doors that do not show recovery codes: without it they are made for a user who has none. */
  readonly withoutRecoveryCodes?: true;
};

export type Confirmed = {
  /** Recovery codes, made when the user has none; empty otherwise. Shown once. */
  readonly recoveryCodes: readonly string[];
};

/**
 * Completes the caller's enrolment: a right reply makes the authenticator count, and counts as proving it in this session. The reply
 * is spent by that. A wrong one can be tried again, as often as a login could.
 */
export async function confirm(
  ctx: Context,
  caller: Caller,
  { authenticatorId, reply, withoutRecoveryCodes }: Confirmation,
  client: Client,
): Promise<Outcome<Confirmed, Reason>> {
  return ctx.turns(`${caller.userId}/confirm`, async () => {
    const now = ctx.clock.now();
    const allowed = await requireStepUp(ctx, caller, now);
    if (!allowed.ok) return allowed;
    const { user, authenticators } = allowed.value;
    const pending = authenticators.find(({ id }) => id === authenticatorId);
    if (!pending) return refuse('not_found');
    if (pending.status !== 'pending') return refuse('already_confirmed');
    if (isFull(authenticators, pending.kind)) return refuse('too_many');
    if (!factorOf(pending.kind).reply.safeParse(reply).success) return refuse('malformed_reply');

    const question = {
      subject: user.id,
      kind: pending.kind,
      countAs: countedInEnrollment,
      candidates: [pending],
      reply,
    };
    const proof = await prove(ctx, question, now);
    const needsCodes = !withoutRecoveryCodes && !hasCodesLeft(authenticators);
    const keeping = { user, caller, needsCodes };
    const confirmed = proof.ok ? await keep(ctx, { ...keeping, proof: proof.value }, client, now) : proof;
    if (!confirmed.ok) {
      const tried = {
        action: 'confirm',
        factor: pending.kind,
        sessionId: caller.id,
        accountId: user.accountId,
        userId: user.id,
      };
      await logRefusal(ctx, tried, confirmed.reason, client, now);
    }
    return confirmed;
  });
}

type Keeping = {
  readonly user: User;
  readonly caller: Caller;
  readonly proof: Proof;
  readonly needsCodes: boolean;
};

async function keep(
  ctx: Context,
  { user, caller, proof, needsCodes }: Keeping,
  client: Client,
  now: number,
): Promise<Outcome<Confirmed, Reason>> {
  const { authenticator, state, counted } = proof;
  const proven = { amr: withSecondFactor(caller.amr, factorOf(authenticator.kind).traits.amr), secondFactorAt: now };
  const tried = { action: 'confirm', factor: authenticator.kind, sessionId: caller.id };
  const notice = { name: 'factor_added', factor: authenticator.kind } as const;
  return changeFactors(ctx, { user, caller, tried, notice, proven }, client, now, async (tx) => {
    if (!(await activate(tx, authenticator, state, now))) return refuse('raced');
    await resetThrottle(tx, user.id, counted);
    const recoveryCodes = needsCodes ? await writeRecoveryCodes(ctx, tx, user, now) : [];
    return success({ recoveryCodes });
  });
}
