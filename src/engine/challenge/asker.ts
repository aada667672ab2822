import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { apikey } from '../../factors/apikey.ts';
import { findByLookup, listForLogin } from '../../store/authenticators.ts';
import type { Challenge, LoginChallenge, ServiceChallenge, StepUpChallenge } from '../../store/challenge-rows.ts';
import { findChallenge, findOpenChallenge, type FoundChallenge } from '../../store/challenges.ts';
import { findUser, type User } from '../../store/users.ts';
import { answers } from '../proof/candidates.ts';
import { factorContext, type RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { policyOnFirst } from '../policy/login-needs.ts';
import { authenticate, type Caller } from '../session/authenticate.ts';

/** An application that asks for its users' second factors. */
export type Service = Pick<User, 'id' | 'accountId'>;

/** Who deals with challenges: a service, a session that steps up, or whoever holds the token of one. */
export type Asker =
  | { readonly type: 'service'; readonly service: Service }
  | { readonly type: 'session'; readonly session: Caller }
  | { readonly type: 'holder'; readonly challenge: Challenge; readonly token: string };

/** Says who asks: by an apikey itself, by a session, or by a challenge token. */
export async function authenticateAsker(ctx: RequestContext, token: string): Promise<Outcome<Asker, Reason>> {
  const key = apikey.read(token);
  if (key) return keyOfService(ctx, key.lookups(factorContext(ctx)));
  const session = await authenticate(ctx, token);
  if (session.ok) return success(asSession(session.value));
  const open = await findOpenChallenge(ctx.store, token, ctx.now);
  return open ? success({ type: 'holder', challenge: open.challenge, token }) : refuse('invalid_token');
}

/** The same where nobody but a service has any business. */
export async function authenticateService(ctx: RequestContext, token: string): Promise<Outcome<Service, Reason>> {
  const asker = await authenticateAsker(ctx, token);
  if (!asker.ok) return asker;
  if (asker.value.type === 'service') return success(asker.value.service);
  return refuse(asker.value.type === 'session' ? 'no_service' : 'invalid_token');
}

/** A key has 256 bits: nobody guesses one, so no failures are counted. */
async function keyOfService(ctx: RequestContext, lookups: readonly string[]): Promise<Outcome<Asker, Reason>> {
  const found = await findByLookup(ctx.store, lookups);
  const user = found && (await findUser(ctx.store, found.userId));
  if (!user || !isService(user)) return refuse('invalid_token');
  if (!(await policyOnFirst(ctx, { authModule: 'apikey', accountId: user.accountId }))) return refuse('invalid_token');
  return success({ type: 'service', service: { id: user.id, accountId: user.accountId } });
}

/** A session that a program opened with its key is the program. */
function asSession(session: Caller): Asker {
  const isProgram = session.authModule === 'apikey' && isService(session);
  if (!isProgram) return { type: 'session', session };
  return { type: 'service', service: { id: session.userId, accountId: session.accountId } };
}

export const isService = ({ roles }: Pick<User, 'roles'>) => roles.includes('service') || roles.includes('admin');

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
