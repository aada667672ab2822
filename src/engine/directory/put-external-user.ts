import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { findBelow } from '../../store/accounts.ts';
import { deleteUser, findUser, findUserByName, type Profile, type User } from '../../store/users.ts';
import type { Service } from '../challenge/challenge-actor.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { byService } from '../session/enrollment-actor.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import { insertNewUser } from './create-user.ts';
import { refusingNamesTaken, writeProfile } from './change-user.ts';
import { manageExternalUser, accountOf, isOwn, type External } from './manage-external-user.ts';

export type ExternalUserProfile = {
  readonly [Member in keyof Omit<Profile, 'name' | 'roles'>]?: Profile[Member] | undefined;
};

const emptyProfile = { email: null, phone: null, firstName: null, lastName: null };

/**
 * Creates an external user, or changes their profile; absent members are not changed. The user has no password and
 * cannot log in here: the application checks their first factor.
 */
export async function putExternalUser(
  ctx: RequestContext,
  service: Service,
  { profile, ...external }: External & { readonly profile: ExternalUserProfile },
): Promise<Outcome<{ readonly user: User; readonly made: boolean }, Reason>> {
  const account = await accountOf(ctx, service, external);
  if (!account) return refuse('unknown_account');
  const { externalId: name } = external;
  if (!(await findUserByName(ctx.store, account.id, name))) {
    const given = { ...emptyProfile, ...withoutAbsent(profile), name, roles: ['user'] as const };
    const made = await insertNewUser(ctx, { ...given, accountId: account.id, serviceId: service.id });
    if (made.ok) return success({ user: made.value.user, made: true });
    // Another request created the user at the same time.
    if (made.reason !== 'name_taken') return made;
  }
  const user = await findUserByName(ctx.store, account.id, name);
  if (!user || !isOwn(service, user, name)) return refuse('name_taken');
  const changed = await change(ctx, service, { user, changes: withoutAbsent(profile) });
  return changed.ok ? success({ user: changed.value, made: false }) : changed;
}

/** Removes an external user of the service. */
export async function removeExternalUser(
  ctx: RequestContext,
  service: Service,
  userId: string,
): Promise<Outcome<undefined, Reason>> {
  const user = await findUser(ctx.store, userId);
  if (user?.serviceId !== service.id || !(await findBelow(ctx.store, service.accountId, user.accountId)))
    return refuse('not_found');
  const managing = await manageExternalUser(ctx, service, { user });
  if (!managing.ok) return managing;
  return withTransaction(ctx, async (tx) => {
    if (!(await deleteUser(tx.store, user.id))) return refuse('not_found');
    await logSuccess(tx, facts('user.delete', service, user));
    return success(undefined);
  });
}

async function change(
  ctx: RequestContext,
  service: Service,
  { user, changes }: { readonly user: User; readonly changes: Partial<Profile> },
): Promise<Outcome<User, Reason>> {
  const before: Partial<Record<string, unknown>> = user;
  if (Object.entries(changes).every(([member, value]) => before[member] === value)) return success(user);
  const managing = await manageExternalUser(ctx, service, { user });
  if (!managing.ok) return managing;
  return refusingNamesTaken(() =>
    withTransaction(ctx, async (tx) => {
      const written = await writeProfile(tx, user, changes);
      if (written.ok) await logSuccess(tx, facts('user.update', service, user));
      return written;
    }),
  );
}

const withoutAbsent = (profile: ExternalUserProfile): Partial<Profile> =>
  Object.fromEntries(Object.entries(profile).filter(([, value]) => value !== undefined));

const facts = (action: string, service: Service, { id: userId, accountId }: User) => ({
  action,
  userId,
  accountId,
  ...byService(service.id),
});
