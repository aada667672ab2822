import { createHash } from 'node:crypto';
import { minute, second } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { findChallenge } from '../../store/challenges.ts';
import { stepUpSession } from '../../store/sessions.ts';
import type { ReachedChallenge } from './reach-challenge.ts';
import type { PassedApproval, Passed } from '../proof/complete-challenge.ts';
import type { SecondFactorResponse } from '../proof/response.ts';
import { inTurn, type RequestContext } from '../context.ts';
import { readPolicy } from '../policy/read-policy.ts';
import type { Reason } from '../reasons.ts';
import { verifyResponse } from '../proof/verify-response.ts';
import { issueToken } from '../session/issue-token.ts';

/** How long an assertion is valid, in milliseconds. */
const assertionLife = 5 * minute;

export type Approval = {
  readonly userId: string;
  readonly amr: readonly string[];
  /** The assertion for the service that created the challenge. */
  readonly assertion?: string;
  /** The next access token of the session that stepped up. */
  readonly token?: string;
};

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
    const verified = await verifyResponse(turn, { challenge, user, input, onPassed: approve(challenge) });
    if (!verified.ok) return verified;
    const { amr } = verified.value;
    const proof =
      reached.type === 'service'
        ? { assertion: await assertionOf(turn, reached, verified.value) }
        : { token: await steppedUpToken(turn, reached, verified.value) };
    return success({ userId: user.id, amr, ...proof });
  });
}

/** Approves the challenge. If a session created it, the session steps up in the same transaction. */
function approve(challenge: ReachedApproval['challenge']) {
  return async (tx: RequestContext, { user, epoch, amr }: Passed): Promise<Outcome<PassedApproval, Reason>> => {
    if (challenge.kind === 'step_up') {
      const session = { id: challenge.sessionId, userId: user.id, epoch, amr };
      if (!(await stepUpSession(tx.store, session, tx.now))) return refuse('raced');
    }
    return success({ type: 'approved', amr, at: tx.now });
  };
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
    acr: 'aal2',
    ...(purpose !== null && { purpose }),
    ...(action !== null && { action_hash: createHash('sha256').update(action).digest('base64url') }),
  });
}

/**
 * The session was valid when it stepped up. It is not read again, so that an approval that was logged is also returned.
 */
async function steppedUpToken(
  ctx: RequestContext,
  { session }: Extract<ReachedChallenge, { readonly type: 'step_up' }>,
  { amr, at }: PassedApproval,
): Promise<string> {
  const steppedUp = { ...session, amr, secondFactorAt: at };
  const { tokenLife } = await readPolicy(ctx.store, steppedUp);
  return issueToken(ctx.at(), { ...steppedUp, tokenLife }, session.accountId);
}
