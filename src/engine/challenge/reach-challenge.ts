import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { listForLogin } from '../../store/authenticators.ts';
import type { Challenge, LoginChallenge, ServiceChallenge, StepUpChallenge } from '../../store/challenge-rows.ts';
import { findChallenge, type FoundChallenge } from '../../store/challenges.ts';
import { answers } from '../proof/candidates.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';
import type { Asker } from './authenticate-asker.ts';

/** A challenge that the asker may deal with: a login's by its token, a service's, or their own session's. */
export type Reached = Pick<FoundChallenge, 'user' | 'state'> &
  (
    | { readonly type: 'login'; readonly challenge: LoginChallenge; readonly token: string }
    | { readonly type: 'service'; readonly challenge: ServiceChallenge }
    | { readonly type: 'step_up'; readonly challenge: StepUpChallenge; readonly session: Caller }
  );

/** A challenge that is the asker's own. `current` is the one whose token was shown. */
export async function reachChallenge(ctx: RequestContext, asker: Asker, id: string): Promise<Outcome<Reached, Reason>> {
  const meant = id === 'current' && asker.type === 'holder' ? asker.challenge.id : id;
  const found = await findChallenge(ctx.store, meant, ctx.now);
  const reached = found && reachedBy(asker, found);
  return reached ? success(reached) : refuse('not_found');
}

function reachedBy(asker: Asker, { challenge, user, state }: FoundChallenge): Reached | undefined {
  const isHeld = asker.type === 'holder' && asker.challenge.id === challenge.id;
  if (challenge.kind === 'login')
    return isHeld ? { type: 'login', challenge, token: asker.token, user, state } : undefined;
  if (challenge.kind === 'service') {
    const isOwn = asker.type === 'service' && asker.service.id === challenge.serviceId;
    return isHeld || isOwn ? { type: 'service', challenge, user, state } : undefined;
  }
  // A challenge of a session gives that session its next token, and no other caller.
  const isRaised = asker.type === 'session' && challenge.kind === 'step_up' && asker.session.id === challenge.sessionId;
  return isRaised ? { type: 'step_up', challenge, session: asker.session, user, state } : undefined;
}

/** The kind of one of the factors that answer a challenge. */
export async function reachFactor(
  ctx: RequestContext,
  challenge: Challenge,
  id: string,
): Promise<Outcome<string, Reason>> {
  const found = (await listForLogin(ctx.store, challenge.userId, [])).find((one) => one.id === id);
  return found && answers(challenge, found.kind) ? success(found.kind) : refuse('not_found');
}
