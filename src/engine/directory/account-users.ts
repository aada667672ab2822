import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { Account } from '../../store/accounts.ts';
import { findUser, listUsers, type Profile, type User } from '../../store/users.ts';
import { changeFactors } from '../enrollment/change-factors.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';
import { makePassword, resetPassword } from '../enrollment/set-password.ts';
import { requireStepUp } from '../proof/fresh-proof.ts';
import { changeProfile, refusingNamesTaken, writeProfile, type ChangedUser, type Changes } from './change-user.ts';
import { insertNewUser } from './create-user.ts';
import { requireOneKind } from './roles.ts';

/** Creates a user in an account that the caller may access. */
export async function makeUserOf(
  ctx: RequestContext,
  account: Account,
  input: Profile & { readonly password?: string | undefined },
): Promise<Outcome<User, Reason>> {
  const made = await insertNewUser(ctx, { ...input, accountId: account.id });
  return made.ok ? success(made.value.user) : made;
}

/** The users of an account that the caller may access, in order of creation. */
export async function browseUsersOf(
  ctx: RequestContext,
  account: Account,
  { limit, skip }: { readonly limit: number; readonly skip: number },
): Promise<readonly User[]> {
  return listUsers(ctx.store, account.id, limit, skip);
}

/** A user of an account that the caller may access. */
export async function reachUserOf(ctx: RequestContext, account: Account, id: string): Promise<Outcome<User, Reason>> {
  const user = await findUser(ctx.store, id);
  return user?.accountId === account.id ? success(user) : refuse('not_found');
}

/**
 * Changes the profile and password of a user, all or nothing. A new password ends the user's sessions, keys and device
 * secrets. Administrators change their own password with `setPassword`, which requires the current one.
 */
export async function changeUserOf(
  ctx: RequestContext,
  caller: Caller,
  { user, changes, secret }: { readonly user: User; readonly changes: Changes; readonly secret: string | undefined },
): Promise<Outcome<ChangedUser, Reason>> {
  if (secret === undefined) return changeProfile(ctx, caller, { user, changes });
  if (user.id === caller.userId && changes.enabled === false) return refuse('forbidden');
  if (user.id === caller.userId) return refuse('current_password_required');
  const allowed = await requireStepUp(ctx, caller);
  if (!allowed.ok) return allowed;
  // Before the password is hashed.
  const oneKind = requireOneKind(changes.roles ?? []);
  if (!oneKind.ok) return oneKind;
  const made = await makePassword(ctx, { id: user.id, name: changes.name ?? user.name }, { secret });
  if (!made.ok) return made;
  const facts = { action: 'password.reset', factor: 'password', sessionId: caller.id };
  const change = { user, facts, notice: { name: 'password_changed' } } as const;
  return refusingNamesTaken(() =>
    changeFactors(ctx.at(), change, async (tx) => {
      await resetPassword(tx, made.value);
      const written = await writeProfile(tx, user, changes);
      return written.ok ? success({ user: written.value }) : written;
    }),
  );
}
