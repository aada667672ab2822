import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { Account } from '../../store/accounts.ts';
import { listUsers } from '../../store/list-users.ts';
import { findUser, type Profile, type User } from '../../store/users.ts';
import { changeFactors } from '../enrollment/change-factors.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';
import {
  makePassword,
  passwordChange,
  requirePasswordProof,
  resetPassword,
  writePassword,
  type Surviving,
} from '../enrollment/set-password.ts';
import { issueNextTokens } from '../session/issue-token.ts';
import { isManageKey, requireManageable } from '../session/manage-key.ts';
import {
  changeProfile,
  requireChangeableUser,
  noticeProfileChange,
  refusingNamesTaken,
  writeProfile,
  type ChangedUser,
  type Changes,
} from './change-user.ts';
import { insertNewUser } from './create-user.ts';
import { requireOneKind } from './roles.ts';

/** Creates a user in an account that the caller may access. */
export async function makeUserOf(
  ctx: RequestContext,
  caller: Caller,
  { account, ...input }: Profile & { readonly account: Account; readonly password?: string | undefined },
): Promise<Outcome<User, Reason>> {
  const allowed = requireManageable(caller, input);
  if (!allowed.ok) return allowed;
  const made = await insertNewUser(ctx, { ...input, accountId: account.id });
  return made.ok ? success(made.value.user) : made;
}

/** The users that the caller manages in an account that they may access, in order of creation. */
export async function browseUsersOf(
  ctx: RequestContext,
  caller: Caller,
  { account, ...page }: { readonly account: Account; readonly limit: number; readonly skip: number },
): Promise<readonly User[]> {
  return listUsers(ctx.store, account.id, { ...page, plainOnly: isManageKey(caller) });
}

/** A user of an account that the caller may access. */
export async function reachUserOf(
  ctx: RequestContext,
  caller: Caller,
  { account, id }: { readonly account: Account; readonly id: string },
): Promise<Outcome<User, Reason>> {
  const user = await findUser(ctx.store, id);
  if (user?.accountId !== account.id) return refuse('not_found');
  const allowed = requireManageable(caller, user);
  return allowed.ok ? success(user) : allowed;
}

type UserChange<Secret = string> = { readonly user: User; readonly changes: Changes; readonly secret: Secret };

/** With the keys that survive, if callers changed their own password. */
type ChangedUserOf = ChangedUser & { readonly surviving?: Surviving };

/** Changes the profile and password of a user, all or nothing. */
export async function changeUserOf(
  ctx: RequestContext,
  caller: Caller,
  { secret, ...change }: UserChange<string | undefined>,
): Promise<Outcome<ChangedUserOf, Reason>> {
  if (secret === undefined) return changeProfile(ctx, caller, change);
  return change.user.id === caller.userId
    ? changeSelf(ctx, caller, { ...change, secret })
    : resetUser(ctx, caller, { ...change, secret });
}

/** Administrators change their own password as `setPassword` does. */
async function changeSelf(
  ctx: RequestContext,
  caller: Caller,
  { user, changes, secret }: UserChange,
): Promise<Outcome<ChangedUserOf, Reason>> {
  if (changes.enabled === false) return refuse('forbidden');
  const allowed = await requirePasswordProof(ctx, caller);
  if (!allowed.ok) return allowed;
  const { surviving } = allowed.value;
  const made = await makePassword(ctx, { id: user.id, name: changes.name ?? user.name }, { secret });
  if (!made.ok) return made;
  const changed = await refusingNamesTaken(() =>
    changeFactors(ctx.at(), { user, caller, ...passwordChange(caller) }, async (tx) => {
      await writePassword(tx, made.value);
      await noticeProfileChange(tx, caller, { user, changes });
      return writeProfile(tx, user, changes);
    }),
  );
  if (!changed.ok) return changed;
  return success({ user: changed.value, surviving, ...(await issueNextTokens(ctx.at(), caller)) });
}

/** A new password from an administrator ends the user's sessions, keys and device secrets. */
async function resetUser(
  ctx: RequestContext,
  caller: Caller,
  { user, changes, secret }: UserChange,
): Promise<Outcome<ChangedUser, Reason>> {
  const allowed = await requireChangeableUser(ctx, caller, { user, changes });
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
      await noticeProfileChange(tx, caller, { user, changes });
      const written = await writeProfile(tx, user, changes);
      return written.ok ? success({ user: written.value }) : written;
    }),
  );
}
