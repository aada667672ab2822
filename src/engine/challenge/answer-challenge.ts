import { createHash } from 'node:crypto';
import { minute, second } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { findChallenge } from '../../store/challenges.ts';
import { stepUpSession } from '../../store/session-generations.ts';
import type { ReachedChallenge } from './reach-challenge.ts';
import type { PassedApproval, Passed } from '../proof/complete-challenge.ts';
import type { SecondFactorResponse } from '../proof/response.ts';
import { inTurn, type RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { verifyResponse } from '../proof/verify-response.ts';
import { assuranceOf } from '../session/assurance.ts';
import type { Caller } from '../session/authenticate.ts';
import { issueNextTokens, type IssuedTokens } from '../session/issue-token.ts';

/** How long an assertion is valid, in milliseconds. */
const assertionLife = 5 * minute;

export type Approval = {
  readonly userId: string;
  readonly amr: readonly string[];
  readonly acr: 'aal1' | 'aal2';
  /** The assertion for the service that created the challenge. */
  readonly assertion?: string;
} & Partial<IssuedTokens>;

/** A challenge that a service or a session created. */
export type ReachedApproval = Exclude<ReachedChallenge, { readonly type: 'login' }>;

/** Verifies the response to a challenge of a service or a session. A challenge is approved once. */
export async function answerChallenge(
  ctx: RequestContext,
  reached: ReachedApproval,
  input: Omit<SecondFactorResponse, 'issuedTo'>,
): Promise<Outcome<Approval, Reason>> {
  const { challenge } = reached;
  // One response at a time: a second request with the right code finds the challenge closed, which does not count as a
  // failure.
  return inTurn(ctx, challenge.id, async (turn) => {
    const found = await findChallenge(turn.store, challenge.id, turn.now);
    if (found?.state !== 'pending') return refuse('invalid_challenge');
    const { user } = found;
    const verified = await verifyResponse(turn, { challenge, user, input, onPassed: approve(reached) });
    if (!verified.ok) return verified;
    const { amr, at, assurance } = verified.value;
    const acr = assuranceOf({ amr, secondFactorAt: assurance ? assurance.secondFactorAt : at });
    const proof =
      reached.type === 'service'
        ? { assertion: await assertionOf(turn, reached, verified.value) }
        : await steppedUpTokens(turn, reached, verified.value);
    return success({ userId: user.id, amr, acr, ...proof });
  });
}

/** Approves the challenge. If a session created it, the session steps up in the same transaction. */
function approve(reached: ReachedApproval) {
  return async (tx: RequestContext, passed: Passed): Promise<Outcome<PassedApproval, Reason>> => {
    const approved = { type: 'approved', amr: passed.amr, at: tx.now } as const;
    if (reached.type === 'service') return success(approved);
    const { user, epoch } = passed;
    const { id, authTime } = reached.session;
    const proven = provenBy(reached.session, passed, tx.now);
    const generation = await stepUpSession(tx.store, { id, userId: user.id, epoch, ...proven }, tx.now);
    return generation === undefined
      ? refuse('raced')
      : success({ ...approved, assurance: { authTime, ...proven, generation } });
  };
}

/** The proof of a session after a step-up: with a second factor, or with its first if its user has no second. */
function provenBy({ secondFactorAt, secondKinds: before }: Caller, { amr, secondKinds }: Passed, now: number) {
  if (secondKinds.length === 0) return { amr, secondFactorAt, secondKinds: before, authTime: now };
  return { amr, secondFactorAt: now, secondKinds: [...new Set([...(before ?? []), ...secondKinds])] };
}

async function assertionOf(
  { tokens }: RequestContext,
  { challenge, user }: Extract<ReachedChallenge, { readonly type: 'service' }>,
  { amr, at }: PassedApproval,
): Promise<string> {
  const { id, serviceId, action, purpose } = challenge;
  const iat = Math.floor(at / second);
  return tokens.assert({
    aud: serviceId,
    sub: user.id,
    jti: id,
    account: user.accountId,
    iat,
    exp: iat + assertionLife / second,
    amr,
    acr: assuranceOf({ amr, secondFactorAt: at }),
    ...(purpose !== null && { purpose }),
    ...(action !== null && { action, action_hash: createHash('sha256').update(action).digest('base64url') }),
  });
}

/**
 * The session was valid when it stepped up. It is not read again, so that an approval that was logged is also returned.
 */
async function steppedUpTokens(
  ctx: RequestContext,
  { session }: Extract<ReachedChallenge, { readonly type: 'step_up' }>,
  { assurance }: PassedApproval,
): Promise<IssuedTokens> {
  return issueNextTokens(ctx.at(), { ...session, ...assurance });
}
