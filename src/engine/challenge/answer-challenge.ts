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

/** How long a service may take to look at an assertion. */
const assertionLife = 5 * minute;

export type Approval = {
  readonly userId: string;
  readonly amr: readonly string[];
  /** For the service that asked; checked offline, and of use to no other. */
  readonly assertion?: string;
  /** For the session that stepped up: its next access token. */
  readonly token?: string;
};

/** A challenge that a service or a session asked for. */
export type ReachedApproval = Exclude<ReachedChallenge, { readonly type: 'login' }>;

/** Judges the reply to a challenge that a service or a session asked for. It is approved once. */
export async function answerChallenge(
  ctx: RequestContext,
  reached: ReachedApproval,
  input: Omit<SecondFactorResponse, 'issuedTo'>,
): Promise<Outcome<Approval, Reason>> {
  const { challenge } = reached;
  // One at a time over one challenge: who comes second with the right code meets a spent challenge, and that is no failure.
  return inTurn(ctx, challenge.id, async (turn) => {
    const found = await findChallenge(turn.store, challenge.id, turn.now);
    if (found?.state !== 'pending') return refuse('invalid_challenge');
    const { user } = found;
    const judged = await verifyResponse(turn, { challenge, user, input, win: winApproval(challenge) });
    if (!judged.ok) return judged;
    const { amr } = judged.value;
    const shown =
      reached.type === 'service'
        ? { assertion: await assertionOf(turn, reached, judged.value) }
        : { token: await raisedToken(turn, reached, judged.value) };
    return success({ userId: user.id, amr, ...shown });
  });
}

/** A session that asked is raised with the approval. */
function winApproval(challenge: ReachedApproval['challenge']) {
  return async (tx: RequestContext, { user, epoch, amr }: Passed): Promise<Outcome<PassedApproval, Reason>> => {
    if (challenge.kind === 'step_up') {
      const raised = { id: challenge.sessionId, userId: user.id, epoch, amr };
      if (!(await stepUpSession(tx.store, raised, tx.now))) return refuse('raced');
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

/** It was in force when it stepped up, and is not looked at again: what is written down as approved is answered so. */
async function raisedToken(
  ctx: RequestContext,
  { session }: Extract<ReachedChallenge, { readonly type: 'step_up' }>,
  { amr, at }: PassedApproval,
): Promise<string> {
  const raised = { ...session, amr, secondFactorAt: at };
  const { tokenLife } = await readPolicy(ctx.store, raised);
  return issueToken(ctx.at(), { ...raised, tokenLife }, session.accountId);
}
