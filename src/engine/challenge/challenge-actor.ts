import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { apikey } from '../../factors/apikey.ts';
import { findByLookup } from '../../store/login-authenticators.ts';
import type { Challenge } from '../../store/challenge-rows.ts';
import { findOpenChallenge } from '../../store/challenges.ts';
import { findUser, type User } from '../../store/users.ts';
import { factorContext, type RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { policyOnFirst } from '../policy/login-needs.ts';
import { authenticate, type Caller } from '../session/authenticate.ts';

/** An application that creates challenges for users. */
export type Service = Pick<User, 'id' | 'accountId'>;

/** May use challenges: a service, a session that steps up, or the holder of a challenge's token. */
export type ChallengeActor =
  | { readonly type: 'service'; readonly service: Service }
  | { readonly type: 'session'; readonly session: Caller }
  | { readonly type: 'holder'; readonly challenge: Challenge; readonly token: string };

/** Finds the actor of a token, which is an API key, an access token or a challenge token. */
export async function authenticateChallengeActor(
  ctx: RequestContext,
  token: string,
): Promise<Outcome<ChallengeActor, Reason>> {
  const key = apikey.read(token);
  if (key) return keyOfService(ctx, key.lookups(factorContext(ctx)));
  const session = await authenticate(ctx, token);
  if (session.ok) return success(asSession(session.value));
  const open = await findOpenChallenge(ctx.store, token, ctx.now);
  return open ? success({ type: 'holder', challenge: open.challenge, token }) : refuse('invalid_token');
}

/** Finds the service of a token, for operations that only services may use. */
export async function authenticateService(ctx: RequestContext, token: string): Promise<Outcome<Service, Reason>> {
  const actor = await authenticateChallengeActor(ctx, token);
  if (!actor.ok) return actor;
  if (actor.value.type === 'service') return success(actor.value.service);
  return refuse(actor.value.type === 'session' ? 'no_service' : 'invalid_token');
}

/** Finds the service of an API key. No failures are counted, because a key has 256 bits and cannot be guessed. */
async function keyOfService(ctx: RequestContext, lookups: readonly string[]): Promise<Outcome<ChallengeActor, Reason>> {
  const found = await findByLookup(ctx.store, { lookups, now: ctx.now });
  const user = found && (await findUser(ctx.store, found.userId));
  if (!user?.isActive || !isService(user)) return refuse('invalid_token');
  const { id, accountId, roles } = user;
  if (!(await policyOnFirst(ctx, { authModule: 'apikey', accountId, roles }))) return refuse('invalid_token');
  return success({ type: 'service', service: { id, accountId } });
}

/** A session that a service created with its API key acts as the service. A session of an OAuth2 client does not. */
function asSession(session: Caller): ChallengeActor {
  const isProgram = session.clientId === null && session.authModule === 'apikey' && isService(session);
  if (!isProgram) return { type: 'session', session };
  return { type: 'service', service: { id: session.userId, accountId: session.accountId } };
}

/** An older row may have both roles, and is an administrator's. */
export const isService = ({ roles }: Pick<User, 'roles'>) => roles.includes('service') && !roles.includes('admin');
