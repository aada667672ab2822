import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { hasRole } from '../../factors/registry.ts';
import { findAccount, findBelow, type Account } from '../../store/accounts.ts';
import { listForLogin } from '../../store/authenticators.ts';
import { findChallenge } from '../../store/challenges.ts';
import { deleteUser, findUser, findUserByName, type Profile, type User } from '../../store/users.ts';
import type { Service } from '../challenge/authenticate-asker.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { byService, type Managing } from '../session/authenticate-enroller.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import { insertNewUser, refusingNamesTaken, writeProfile } from './users.ts';

/** A user of an application that keeps its own table, as its service calls them; in its own account when none is said. */
export type External = { readonly externalId: string; readonly account?: string | undefined };

export type ExternalUserProfile = {
  readonly [Member in keyof Omit<Profile, 'name' | 'roles'>]?: Profile[Member] | undefined;
};

const nothing = { email: null, phone: null, firstName: null, lastName: null };

/**
 * Makes the user, or changes what was said of them; what is absent stays as it is. They have no password, so they cannot log in here: their
 * application vouches for their first factor.
 */
export async function putExternalUser(
  ctx: RequestContext,
  service: Service,
  external: External,
  profile: ExternalUserProfile,
): Promise<Outcome<{ readonly user: User; readonly made: boolean }, Reason>> {
  const account = await accountOf(ctx, service, external);
  if (!account) return refuse('unknown_account');
  const { externalId: name } = external;
  if (!(await findUserByName(ctx.store, account.id, name))) {
    const given = { ...nothing, ...withoutAbsent(profile), name, roles: ['user'] as const };
    const made = await insertNewUser(ctx, { ...given, accountId: account.id, serviceId: service.id });
    if (made.ok) return success({ user: made.value.user, made: true });
    // Somebody else has made them in this moment.
    if (made.reason !== 'name_taken') return made;
  }
  const user = await findUserByName(ctx.store, account.id, name);
  if (!user || !isOwn(service, user, name)) return refuse('name_taken');
  const changed = await change(ctx, service, user, withoutAbsent(profile));
  return changed.ok ? success({ user: changed.value, made: false }) : changed;
}

/** A user of the service's own. */
export async function reachExternalUser(
  ctx: RequestContext,
  service: Service,
  external: External,
): Promise<Outcome<User, Reason>> {
  const account = await accountOf(ctx, service, external);
  const user = account && (await findUserByName(ctx.store, account.id, external.externalId));
  return user && isOwn(service, user, external.externalId) ? success(user) : refuse('not_found');
}

/**
 * Lets a service change the factors of a user of its own. What shows that the user agrees is a challenge of the service's that they have passed;
 * who has no second factor needs none. Who can log in here manages their factors themself.
 */
export async function manageExternalUser(
  ctx: RequestContext,
  service: Service,
  user: User,
  challengeId: string | undefined,
): Promise<Outcome<Managing, Reason>> {
  const authenticators = await listForLogin(ctx.store, user.id, []);
  const logsIn = authenticators.some(({ kind }) => hasRole(kind, 'first'));
  if (logsIn || user.roles.some((role) => role !== 'user')) return refuse('forbidden');
  const secondFactorAt = challengeId === undefined ? null : await provenAt(ctx, service, user, challengeId);
  const { id: userId, accountId, epoch: approvalEpoch } = user;
  const acting = { type: 'service', serviceId: service.id, authModule: 'password', approvalEpoch } as const;
  return success({ ...acting, userId, accountId, secondFactorAt });
}

/** The application forgets a user of the service's own, and so do we. */
export async function removeExternalUser(
  ctx: RequestContext,
  service: Service,
  userId: string,
): Promise<Outcome<undefined, Reason>> {
  const user = await findUser(ctx.store, userId);
  if (user?.serviceId !== service.id || !(await findBelow(ctx.store, service.accountId, user.accountId)))
    return refuse('not_found');
  const managing = await manageExternalUser(ctx, service, user, undefined);
  if (!managing.ok) return managing;
  return withTransaction(ctx, async (tx) => {
    if (!(await deleteUser(tx.store, user.id))) return refuse('not_found');
    await logSuccess(tx, tried('user.delete', service, user));
    return success(undefined);
  });
}

/** When the user passed a challenge of the service's. What approved an action approved nothing else. */
async function provenAt(ctx: RequestContext, service: Service, user: User, id: string): Promise<number | null> {
  const found = await findChallenge(ctx.store, id, ctx.now);
  if (found?.challenge.kind !== 'service') return null;
  const { serviceId, userId, epoch, action } = found.challenge;
  const isTheirs = serviceId === service.id && userId === user.id && epoch === user.epoch && action === null;
  return isTheirs ? found.approvedAt : null;
}

async function change(
  ctx: RequestContext,
  service: Service,
  user: User,
  changes: Partial<Profile>,
): Promise<Outcome<User, Reason>> {
  const before: Partial<Record<string, unknown>> = user;
  if (Object.entries(changes).every(([member, value]) => before[member] === value)) return success(user);
  const managing = await manageExternalUser(ctx, service, user, undefined);
  if (!managing.ok) return managing;
  return refusingNamesTaken(() =>
    withTransaction(ctx, async (tx) => {
      const written = await writeProfile(tx, user, changes);
      if (written.ok) await logSuccess(tx, tried('user.update', service, user));
      return written;
    }),
  );
}

async function accountOf(ctx: RequestContext, service: Service, { account }: External): Promise<Account | undefined> {
  const found = await findAccount(ctx.store, account ?? service.accountId);
  return found && findBelow(ctx.store, service.accountId, found.id);
}

/** Names are compared without case, and an application's ids need not be. */
const isOwn = (service: Service, user: User, externalId: string) =>
  user.serviceId === service.id && user.name === externalId;

const withoutAbsent = (profile: ExternalUserProfile): Partial<Profile> =>
  Object.fromEntries(Object.entries(profile).filter(([, value]) => value !== undefined));

const tried = (action: string, service: Service, { id: userId, accountId }: User) => ({
  action,
  userId,
  accountId,
  ...byService(service.id),
});
