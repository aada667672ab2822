import { refuse, success, type Outcome } from '../base/outcome.ts';
import { apikey } from '../factors/apikey.ts';
import { findByLookup, listForLogin } from '../store/authenticators.ts';
import {
  findChallenge,
  findOpenChallenge,
  type Challenge,
  type ChallengeState,
  type ChallengeWithUser,
} from '../store/challenges.ts';
import { findUser, type User } from '../store/users.ts';
import { answers } from './answer.ts';
import { helpAt, type RequestContext } from './context.ts';
import type { Reason } from './reasons.ts';
import { policyOnFirst } from './required.ts';
import { authenticate, type Caller } from './sessions.ts';

/** An application that asks for its users' second factors. */
export type Service = Pick<User, 'id' | 'accountId'>;

/** Who deals with challenges: a service, a session that steps up, or whoever holds the token of one. */
export type Asker =
  | { readonly by: 'service'; readonly service: Service }
  | { readonly by: 'session'; readonly session: Caller }
  | { readonly by: 'holder'; readonly challenge: Challenge; readonly token: string };

/** Says who asks: by an apikey itself, by a session, or by a challenge token. */
export async function authenticateAsker(ctx: RequestContext, token: string): Promise<Outcome<Asker, Reason>> {
  if (apikey.reply.safeParse(token).success) return keyOfService(ctx, token);
  const session = await authenticate(ctx, token);
  if (session.ok) return success(asSession(session.value));
  const open = await findOpenChallenge(ctx.store, token, ctx.now);
  return open ? success({ by: 'holder', challenge: open.challenge, token }) : refuse('invalid_token');
}

/** The same where nobody but a service has any business. */
export async function authenticateService(ctx: RequestContext, token: string): Promise<Outcome<Service, Reason>> {
  const asker = await authenticateAsker(ctx, token);
  if (!asker.ok) return asker;
  if (asker.value.by === 'service') return success(asker.value.service);
  return refuse(asker.value.by === 'session' ? 'no_service' : 'invalid_token');
}

/** A key has 256 bits: nobody guesses one, so no failures are counted. */
async function keyOfService(ctx: RequestContext, key: string): Promise<Outcome<Asker, Reason>> {
  const lookups = apikey.lookups?.(key, helpAt(ctx)) ?? [];
  const found = await findByLookup(ctx.store, lookups);
  const user = found && (await findUser(ctx.store, found.userId));
  if (!user || !isService(user)) return refuse('invalid_token');
  if (!(await policyOnFirst(ctx, { authModule: 'apikey', accountId: user.accountId }))) return refuse('invalid_token');
  return success({ by: 'service', service: { id: user.id, accountId: user.accountId } });
}

/** A session that a program opened with its key is the program. */
function asSession(session: Caller): Asker {
  const isProgram = session.authModule === 'apikey' && isService(session);
  if (!isProgram) return { by: 'session', session };
  return { by: 'service', service: { id: session.userId, accountId: session.accountId } };
}

export const isService = ({ roles }: Pick<User, 'roles'>) => roles.includes('service') || roles.includes('admin');

export type Reached = ChallengeWithUser & { readonly state: ChallengeState };

/** A challenge that is the asker's own. `current` is the one whose token was shown. */
export async function reachChallenge(ctx: RequestContext, asker: Asker, id: string): Promise<Outcome<Reached, Reason>> {
  const meant = id === 'current' && asker.by === 'holder' ? asker.challenge.id : id;
  const found = await findChallenge(ctx.store, meant, ctx.now);
  return found && isOwn(asker, found.challenge) ? success(found) : refuse('not_found');
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

function isOwn(asker: Asker, { id, serviceId, sessionId }: Challenge): boolean {
  if (asker.by === 'service') return serviceId === asker.service.id;
  if (asker.by === 'session') return sessionId === asker.session.id;
  // What a session asked for gives it its next token, and nobody else.
  return id === asker.challenge.id && sessionId === null;
}
