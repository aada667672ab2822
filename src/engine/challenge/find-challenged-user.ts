import { findAccount, findBelow } from '../../store/accounts.ts';
import { findUser, findUserByName, type User } from '../../store/users.ts';
import type { ChallengeActor, Service } from './challenge-actor.ts';
import type { RequestContext } from '../context.ts';

/** A user as a service names them: by id, or by name in an account (by default its own). */
export type ChallengedUser =
  | { readonly type: 'id'; readonly id: string }
  | { readonly type: 'name'; readonly name: string; readonly account?: string | undefined };

/** For a session, its own user; for a service, the user it names, if they are in its account or a descendant. */
export async function findChallengedUser(
  ctx: RequestContext,
  actor: Exclude<ChallengeActor, { type: 'holder' }>,
  named: ChallengedUser | undefined,
): Promise<User | undefined> {
  if (actor.type === 'session') return named === undefined ? actor.session.user : undefined;
  const user = named && (await findNamedUser(ctx, actor.service, named));
  if (!user) return undefined;
  const reached = await findBelow(ctx.store, actor.service.accountId, user.accountId);
  return reached && user;
}

async function findNamedUser(ctx: RequestContext, service: Service, named: ChallengedUser): Promise<User | undefined> {
  if (named.type === 'id') return findUser(ctx.store, named.id);
  const account = await findAccount(ctx.store, named.account ?? service.accountId);
  return account && findUserByName(ctx.store, account.id, named.name);
}
