import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { findAccount } from '../../store/accounts.ts';
import type { User } from '../../store/users.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { insertNewUser, type NewUser } from '../directory/create-user.ts';

/** Creates a user with any roles, in any account. Without a password they cannot log in until they are given one. */
export async function addUser(ctx: RequestContext, { account, ...input }: NewUser): Promise<Outcome<User, Reason>> {
  const found = await findAccount(ctx.store, account);
  if (!found) return refuse('unknown_account');
  const made = await insertNewUser(ctx, { ...input, accountId: found.id });
  return made.ok ? success(made.value.user) : made;
}
