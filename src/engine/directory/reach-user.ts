import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { apikey } from '../../factors/apikey.ts';
import { listAuthenticators, type Authenticator } from '../../store/authenticators.ts';
import { findBelow } from '../../store/accounts.ts';
import { listUsers } from '../../store/list-users.ts';
import { findUser, type User } from '../../store/users.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { isAdministrator, type Caller } from '../session/authenticate.ts';
import { isManageKey, requireManageable } from '../session/manage-key.ts';

/**
 * Finds a user by id, or `me`, that the caller may access: themselves, or a user of the account they administer or of one
 * below it. Others are not found.
 */
export async function reachUser(ctx: RequestContext, caller: Caller, id: string): Promise<Outcome<User, Reason>> {
  if (id === 'me' || id === caller.userId) return success(caller.user);
  if (!isAdministrator(caller)) return refuse('not_found');
  const user = await findUser(ctx.store, id);
  const { accountId: top } = caller;
  // Without a statement for users of the own account.
  const isReached = user && (user.accountId === top || (await findBelow(ctx.store, top, user.accountId)));
  if (!isReached) return refuse('not_found');
  const allowed = requireManageable(caller, user);
  return allowed.ok ? success(user) : allowed;
}

/** The caller's own user. */
export async function ownProfile(ctx: RequestContext, caller: Pick<Caller, 'userId'>): Promise<User | undefined> {
  return findUser(ctx.store, caller.userId);
}

/** The users that the administrator manages in their account, in order of creation. */
export async function browseUsers(
  ctx: RequestContext,
  caller: Caller,
  page: { readonly limit: number; readonly skip: number },
): Promise<Outcome<readonly User[], Reason>> {
  if (!isAdministrator(caller)) return refuse('forbidden');
  return success(await listUsers(ctx.store, caller.accountId, { ...page, plainOnly: isManageKey(caller) }));
}

/** A user's authenticators, as the caller may see them: a key with `manage` sees no keys. */
export async function browseAuthenticatorsFor(
  ctx: RequestContext,
  caller: Caller,
  user: Pick<User, 'id'>,
): Promise<readonly Authenticator[]> {
  const all = await browseAuthenticators(ctx, user);
  return isManageKey(caller) ? all.filter(({ kind }) => kind !== apikey.kind) : all;
}

/** A user's authenticators, including pending ones. Their states are secret and must not be shown. */
export async function browseAuthenticators(
  ctx: RequestContext,
  user: Pick<User, 'id'>,
): Promise<readonly Authenticator[]> {
  return listAuthenticators(ctx.store, user.id, ctx.now);
}
