import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { lockPlainUser } from '../../store/list-users.ts';
import { writeNotice } from '../../store/notices.ts';
import { isDuplicate } from '../../store/store.ts';
import { endScopedKeys } from '../../store/usable-key.ts';
import { deleteUser, findUser, updateProfile, type Profile, type User } from '../../store/users.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import { changeFactors } from '../enrollment/change-factors.ts';
import type { Reason } from '../reasons.ts';
import { isAdministrator, type Caller } from '../session/authenticate.ts';
import { requireManagement } from '../proof/require-management.ts';
import { issueNextTokens, type IssuedTokens } from '../session/issue-token.ts';
import { isManageKey, requireManageable } from '../session/manage-key.ts';
import { requireOneKind, requireOtherAdministrator } from './roles.ts';

/** Absent members are not changed. */
export type Changes = { readonly [Member in keyof Profile]?: Profile[Member] | undefined };

/** The user, and the next tokens of a session that has changed its own name, address or number. */
export type ChangedUser = Partial<IssuedTokens> & { readonly user: User };

/**
 * Changes a user's profile. Notices go to its address, so it requires the same proof as a change of factors. A new name,
 * address or number ends the user's other sessions and open challenges, and the user is told at the old address.
 */
export async function changeProfile(
  ctx: RequestContext,
  caller: Caller,
  { user, changes }: { readonly user: User; readonly changes: Changes },
): Promise<Outcome<ChangedUser, Reason>> {
  if (changes.roles && !isAdministrator(caller)) return refuse('forbidden');
  if (changes.enabled === false && user.id === caller.userId) return refuse('forbidden');
  const allowed = await requireChangeableUser(ctx, caller, { user, changes });
  if (!allowed.ok) return allowed;
  const facts = { action: 'user.update', sessionId: caller.id };
  const isNoticed = changesNoticed(user, changes);
  const changed = await refusingNamesTaken(() =>
    isNoticed
      ? changeFactors(ctx, { user, caller, facts, notice: { name: 'profile_changed' } }, (tx) =>
          writeProfile(tx, user, changes),
        )
      : withTransaction(ctx, async (tx) => {
          const written = await writeProfile(tx, user, changes);
          if (written.ok) await logSuccess(tx, { ...facts, ...whose(user) });
          return written;
        }),
  );
  if (!changed.ok) return changed;
  const tokens = isNoticed && caller.userId === user.id ? await issueNextTokens(ctx.at(), caller) : {};
  return success({ user: changed.value, ...tokens });
}

/** The members by which a user logs in, gets codes and is told of changes. */
const noticed = ['name', 'email', 'phone'] as const;

const changesNoticed = (user: User, changes: Changes) =>
  noticed.some((member) => changes[member] !== undefined && changes[member] !== user[member]);

/** Logs a change of the profile that a new password came with, and tells the user at the old address. */
export async function noticeProfileChange(
  tx: RequestContext,
  caller: Caller,
  { user, changes }: { readonly user: User; readonly changes: Changes },
): Promise<void> {
  if (!changesNoticed(user, changes)) return;
  const attempt = await logSuccess(tx, { action: 'user.update', sessionId: caller.id, ...whose(user) });
  await writeNotice(tx.store, user, { attempt, name: 'profile_changed' }, tx.now);
}

/** Refuses a change of a user, or roles, that the caller may not make or give. */
export async function requireChangeableUser(
  ctx: RequestContext,
  caller: Caller,
  { user, changes: { roles = user.roles } }: { readonly user: User; readonly changes: Changes },
): Promise<Outcome<undefined, Reason>> {
  const allowed = await requireManagement(ctx, caller, user);
  return allowed.ok ? requireManageable(caller, { roles }) : allowed;
}

/** Writes changes to a profile, in the caller's transaction. */
export async function writeProfile(tx: RequestContext, user: User, changes: Changes): Promise<Outcome<User, Reason>> {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const { roles = user.roles, enabled = user.enabled } = changes;
  const allowed = changes.roles ? requireOneKind(roles) : success(undefined);
  if (!allowed.ok) return allowed;
  const [was, is] = [isActiveAdministrator(user), isActiveAdministrator({ roles, enabled })];
  const other = was && !is ? await requireOtherAdministrator(tx, user) : success(undefined);
  if (!other.ok) return other;
  if (!(await updateProfile(tx.store, user, { ...user, ...Object.fromEntries(given) }, tx.now))) return refuse('raced');
  // Also of a new administrator: a key from before a demotion does not come back.
  if (was !== is) await endScopedKeys(tx.store, user.id);
  const updated = await findUser(tx.store, user.id);
  return updated ? success(updated) : refuse('not_found');
}

/** Runs a write of a user, and refuses a name that the account already has. */
export async function refusingNamesTaken<Value>(
  write: () => Promise<Outcome<Value, Reason>>,
): Promise<Outcome<Value, Reason>> {
  try {
    return await write();
  } catch (error) {
    if (isDuplicate(error)) return refuse('name_taken');
    throw error;
  }
}

/** Removes a user and all their data except the audit log. */
export async function removeUser(ctx: RequestContext, caller: Caller, user: User): Promise<Outcome<undefined, Reason>> {
  const allowed = await requireManagement(ctx, caller, user);
  if (!allowed.ok) return allowed;
  return withTransaction(ctx, async (tx) => {
    // Whatever roles were read: the user may have become an administrator since.
    const other = await requireOtherAdministrator(tx, user);
    if (!other.ok) return other;
    if (isManageKey(caller) && !(await lockPlainUser(tx.store, user.id))) return refuse('unattended');
    if (!(await deleteUser(tx.store, user.id))) return refuse('not_found');
    await logSuccess(tx, { action: 'user.delete', ...whose(user), sessionId: caller.id });
    return success(undefined);
  });
}

const isActiveAdministrator = ({ roles, enabled }: Pick<User, 'roles' | 'enabled'>) =>
  enabled && roles.includes('admin');

const whose = (user: User) => ({ accountId: user.accountId, userId: user.id });
