import { minute, second } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { spendReply } from '../../store/spent-replies.ts';
import type { AssertionClaims } from '../access-token.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import type { Service } from './challenge-actor.ts';
import { reachChallenge } from './reach-challenge.ts';

export type AssertionRedemption = { readonly challengeId: string; readonly assertion: string };

/** The approval of the user. `action` and `purpose` are those that the service gave. */
export type RedeemedAssertion = Pick<AssertionClaims, 'amr' | 'acr'> & {
  readonly userId: string;
  readonly action: string | null;
  readonly purpose: string | null;
};

/** Assertions are spent under this name in the place of a provider. No factor has it. */
const providerId = 'assertion';

/**
 * Spends the assertion of a service's own challenge, for a service that got it from a browser. Of any number of
 * requests with it, on any number of nodes, one succeeds.
 */
export async function redeemAssertion(
  ctx: RequestContext,
  service: Service,
  { challengeId, assertion }: AssertionRedemption,
): Promise<Outcome<RedeemedAssertion, Reason>> {
  const reached = await reachChallenge(ctx, { type: 'service', service }, challengeId);
  if (!reached.ok) return reached;
  if (reached.value.type !== 'service') return refuse('not_found');
  if (reached.value.state === 'failed') return refuse('invalid_assertion');
  const { id, action, purpose } = reached.value.challenge;
  const claims = await ctx.tokens.readAssertion(assertion, service.id, ctx.now);
  if (claims?.jti !== id) return refuse('invalid_assertion');
  // Another node whose clock is behind accepts the assertion for a little longer.
  const until = claims.exp * second + minute;
  if (!(await spendReply(ctx.store, { providerId, id, until }))) return refuse('already_redeemed');
  return success({ userId: claims.sub, amr: claims.amr, acr: claims.acr, action, purpose });
}
