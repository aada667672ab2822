import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { listForLogin } from '../../store/login-authenticators.ts';
import type { Challenge, LoginChallenge, ServiceChallenge, StepUpChallenge } from '../../store/challenge-rows.ts';
import { findChallenge, type FoundChallenge } from '../../store/challenges.ts';
import { mayAnswer } from '../proof/candidates.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';
import type { ChallengeActor } from './challenge-actor.ts';

/** A challenge that an actor may use: of a login, by its token; of the service itself; or of the session itself. */
export type ReachedChallenge = Pick<FoundChallenge, 'user' | 'state'> &
  (
    | { readonly type: 'login'; readonly challenge: LoginChallenge; readonly token: string }
    | { readonly type: 'service'; readonly challenge: ServiceChallenge }
    | { readonly type: 'step_up'; readonly challenge: StepUpChallenge; readonly session: Caller }
  );

/** Finds a challenge that the actor may use. The id `current` is the challenge of the actor's token. */
export async function reachChallenge(
  ctx: RequestContext,
  actor: ChallengeActor,
  id: string,
): Promise<Outcome<ReachedChallenge, Reason>> {
  const meant = id === 'current' && actor.type === 'holder' ? actor.challenge.id : id;
  const found = await findChallenge(ctx.store, meant, ctx.now);
  const reached = found && reachedBy(actor, found);
  return reached ? success(reached) : refuse('not_found');
}

function reachedBy(actor: ChallengeActor, { challenge, user, state }: FoundChallenge): ReachedChallenge | undefined {
  const isHeld = actor.type === 'holder' && actor.challenge.id === challenge.id;
  if (challenge.kind === 'login')
    return isHeld ? { type: 'login', challenge, token: actor.token, user, state } : undefined;
  if (challenge.kind === 'service') {
    const isOwn = actor.type === 'service' && actor.service.id === challenge.serviceId;
    return isHeld || isOwn ? { type: 'service', challenge, user, state } : undefined;
  }
  // Approving it returns the session's next access token, so no other caller may use it.
  const isOwn = actor.type === 'session' && challenge.kind === 'step_up' && actor.session.id === challenge.sessionId;
  return isOwn ? { type: 'step_up', challenge, session: actor.session, user, state } : undefined;
}

/** The kind of one of the factors that answer a challenge. */
export async function reachFactor(
  ctx: RequestContext,
  challenge: Challenge,
  id: string,
): Promise<Outcome<string, Reason>> {
  const found = (await listForLogin(ctx.store, challenge.userId)).find((one) => one.id === id);
  return found && mayAnswer(challenge, found.kind) ? success(found.kind) : refuse('not_found');
}
