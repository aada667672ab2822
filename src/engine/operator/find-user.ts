import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { findAccount } from '../../store/accounts.ts';
import { findUserByLogin, type User } from '../../store/users.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';

/**
 * A user as the operator names them. The operator has the database and the key ring, so operations in this folder need
 * no session.
 */
export type Named = { readonly account?: string | undefined; readonly login: string };

/** Finds a user by name, id or e-mail address. */
export async function findNamed(ctx: RequestContext, { account, login }: Named): Promise<Outcome<User, Reason>> {
  const found = await findAccount(ctx.store, account);
  if (!found) return refuse('unknown_account');
  const user = await findUserByLogin(ctx.store, found.id, login);
  return user ? success(user) : refuse('unknown_user');
}
