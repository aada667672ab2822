import { createHash } from 'node:crypto';
import { minute, second } from '../base/clock.ts';
import { refuse, success, type Outcome } from '../base/outcome.ts';
import { findChallenge } from '../store/challenges.ts';
import { judgeAnswer } from './answer.ts';
import type { Asker, Reached } from './asker.ts';
import type { Reply } from './complete.ts';
import { inTurn, type RequestContext } from './context.ts';
import { readPolicy } from './read-policy.ts';
import type { Reason } from './reasons.ts';
import { issueToken } from './sessions.ts';

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

/** Judges the reply to a challenge that a service or a session asked for. It is approved once. */
export async function approve(
  ctx: RequestContext,
  asker: Asker,
  { reached, input }: { readonly reached: Reached; readonly input: Omit<Reply, 'issuedTo'> },
): Promise<Outcome<Approval, Reason>> {
  // One at a time over one challenge: who comes second with the right code meets a spent challenge, and that is no failure.
  return inTurn(ctx, reached.challenge.id, async (turn) => {
    const found = await findChallenge(turn.store, reached.challenge.id, turn.now);
    if (found?.state !== 'pending') return refuse('invalid_challenge');
    const { challenge, user } = found;
    const judged = await judgeAnswer(turn, { challenge, user, input });
    if (!judged.ok) return judged;
    if (!('approved' in judged.value)) throw new Error('what a service asked for opened a session');
    const { approved: amr, at } = judged.value;
    const { serviceId, action, purpose } = challenge;
    const approval = { userId: user.id, amr };
    if (serviceId !== null) {
      const iat = Math.floor(at / second);
      const assertion = await ctx.tokens.assert({
        aud: serviceId,
        sub: user.id,
        jti: challenge.id,
        account: user.accountId,
        iat,
        exp: iat + assertionLife / second,
        amr,
        acr: 'aal2',
        ...(purpose !== null && { purpose }),
        ...(action !== null && { action_hash: createHash('sha256').update(action).digest('base64url') }),
      });
      return success({ ...approval, assertion });
    }
    if (asker.by !== 'session') throw new Error('a session that nobody showed stepped up');
    // It was in force when it stepped up, and is not looked at again: what is written down as approved is answered so.
    const raised = { ...asker.session, amr, secondFactorAt: at };
    const { tokenLife } = await readPolicy(ctx.store, raised);
    return success({ ...approval, token: await issueToken(turn.at(), { ...raised, tokenLife }, user.accountId) });
  });
}
