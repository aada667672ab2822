import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { findAccount } from '../../store/accounts.ts';
import { findUserByLogin, type User } from '../../store/users.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';

/** A user as the operator names them. The operator has the database and the key ring, so no operation of this folder asks for a session. */
export type Named = { readonly account?: string | undefined; readonly login: string };

/** The user that a name, an id or an address means. */
export async function findNamed(ctx: RequestContext, { account, login }: Named): Promise<Outcome<User, Reason>> {
  const found = await findAccount(ctx.store, account);
  if (!found) return refuse('unknown_account');
  const user = await findUserByLogin(ctx.store, found.id, login);
  return user ? success(user) : refuse('unknown_user');
}
