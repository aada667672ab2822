import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { findAccount } from '../../store/accounts.ts';
import { removeKinds } from '../../store/authenticators.ts';
import { forgetFailures } from '../../store/throttles.ts';
import type { Store } from '../../store/store.ts';
import { countAdministratorsWithout } from '../../store/user-counts.ts';
import { findUserByLogin, type User } from '../../store/users.ts';
import { findClient, listClients, type OAuthClient } from '../../store/clients.ts';
import { changeFactors } from '../enrollment/change-factors.ts';
import { makeClient, removeClient, type MadeClient, type NewClient } from '../oauth/clients.ts';
import type { RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import { kindsBeyondFirst, secondKinds } from '../policy/second-factors.ts';
import type { Reason } from '../reasons.ts';
import { makePassword, writePassword } from '../enrollment/set-password.ts';
import { insertNewUser, type NewUser } from '../directory/create-user.ts';

/** What the operator does at the machine itself, with the database and the key ring in their hands: no session is asked for. */
export type Named = { readonly account?: string | undefined; readonly login: string };

/** The user that a name, an id or an address means. */
export async function findNamed(ctx: RequestContext, { account, login }: Named): Promise<Outcome<User, Reason>> {
  const found = await findAccount(ctx.store, account);
  if (!found) return refuse('unknown_account');
  const user = await findUserByLogin(ctx.store, found.id, login);
  return user ? success(user) : refuse('unknown_user');
}

/** Makes a user with any roles, in any account; without a password they can't log in until they are given one. */
export async function addUser(ctx: RequestContext, { account, ...input }: NewUser): Promise<Outcome<User, Reason>> {
  const found = await findAccount(ctx.store, account);
  if (!found) return refuse('unknown_account');
  const made = await insertNewUser(ctx, { ...input, accountId: found.id });
  return made.ok ? success(made.value.user) : made;
}

/** Sets a user's password and ends their sessions. */
export async function overridePassword(
  ctx: RequestContext,
  named: Named,
  secret: string,
): Promise<Outcome<User, Reason>> {
  const user = await findNamed(ctx, named);
  if (!user.ok) return user;
  const made = await makePassword(ctx, user.value, { secret });
  if (!made.ok) return made;
  const tried = { action: 'operator.password', factor: 'password' };
  const notice = { name: 'password_changed' } as const;
  return changeFactors(ctx.at(), { user: user.value, tried, notice }, async (tx) => {
    await writePassword(tx, made.value);
    return success(user.value);
  });
}

/** Forgets a user's failures, so that every factor of theirs is open again. Answers with how many kinds of factor had any. */
export async function unlock(ctx: RequestContext, named: Named): Promise<Outcome<number, Reason>> {
  const user = await findNamed(ctx, named);
  if (!user.ok) return user;
  const { id: userId, accountId } = user.value;
  const forgotten = await forgetFailures(ctx.store, userId);
  await logSuccess(ctx, { action: 'operator.unlock', userId, accountId });
  return success(forgotten);
}

/** Takes every second factor and recovery code from a user who lost them, and ends their sessions. */
export async function disableMfa(ctx: RequestContext, named: Named): Promise<Outcome<User, Reason>> {
  const user = await findNamed(ctx, named);
  if (!user.ok) return user;
  const tried = { action: 'operator.disable_mfa' };
  const notice = { name: 'mfa_disabled' } as const;
  return changeFactors(ctx, { user: user.value, tried, notice }, async (tx) => {
    await removeKinds(tx.store, user.value.id, kindsBeyondFirst);
    return success(user.value);
  });
}

/** How many administrators log in with nothing but a password. */
export const administratorsWithoutMfa = (store: Store): Promise<number> =>
  countAdministratorsWithout(store, secondKinds);

/** Makes an OAuth2 client of any account. */
export async function addClient(
  ctx: RequestContext,
  { account, ...given }: NewClient & Pick<Named, 'account'>,
): Promise<Outcome<MadeClient, Reason>> {
  const found = await findAccount(ctx.store, account);
  return found
    ? success(await makeClient(ctx, undefined, { ...given, accountId: found.id }))
    : refuse('unknown_account');
}

/** The OAuth2 clients of an account. */
export async function clientsOf(
  ctx: RequestContext,
  account: string | undefined,
): Promise<Outcome<readonly OAuthClient[], Reason>> {
  const found = await findAccount(ctx.store, account);
  return found ? success(await listClients(ctx.store, found.id)) : refuse('unknown_account');
}

/** Removes an OAuth2 client of whatever account, and ends the sessions that were made for it. */
export async function dropClient(ctx: RequestContext, id: string): Promise<Outcome<OAuthClient, Reason>> {
  const client = await findClient(ctx.store, id);
  if (!client) return refuse('not_found');
  const removed = await removeClient(ctx, undefined, client);
  return removed.ok ? success(client) : removed;
}
