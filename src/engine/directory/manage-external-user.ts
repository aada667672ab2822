import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { hasRole } from '../../factors/registry.ts';
import { findAccount, findBelow, type Account } from '../../store/accounts.ts';
import { listForLogin } from '../../store/login-authenticators.ts';
import { findChallenge } from '../../store/challenges.ts';
import { findUserByName, type User } from '../../store/users.ts';
import type { Service } from '../challenge/challenge-actor.ts';
import type { RequestContext } from '../context.ts';
import type { ProvenFactors } from '../session/assurance.ts';
import type { ServiceActor } from '../session/enrollment-actor.ts';
import type { Reason } from '../reasons.ts';

/** An external user, by their id in the service's application, in an account (by default the service's). */
export type External = { readonly externalId: string; readonly account?: string | undefined };

/** Finds an external user of the service. */
export async function reachExternalUser(
  ctx: RequestContext,
  service: Service,
  external: External,
): Promise<Outcome<User, Reason>> {
  const account = await accountOf(ctx, service, external);
  const user = account && (await findUserByName(ctx.store, account.id, external.externalId));
  return user && isOwn(service, user, external.externalId) ? success(user) : refuse('not_found');
}

/** A user, and the challenge with which they approve a change. */
export type ApprovedUser = { readonly user: User; readonly challengeId?: string | undefined };

/**
 * Allows a service to change the factors of one of its external users. A user who has a second factor must have passed
 * a challenge of the service. Users who can log in here are refused, because they manage their factors themselves.
 */
export async function manageExternalUser(
  ctx: RequestContext,
  service: Service,
  { user, challengeId }: ApprovedUser,
): Promise<Outcome<ServiceActor, Reason>> {
  const authenticators = await listForLogin(ctx.store, user.id);
  const logsIn = authenticators.some(({ kind }) => hasRole(kind, 'first'));
  if (logsIn || user.roles.some((role) => role !== 'user')) return refuse('forbidden');
  const proven = await approvalOf(ctx, service, { user, challengeId });
  const { id: userId, accountId, epoch: approvalEpoch } = user;
  const acting = { type: 'service', serviceId: service.id, authModule: 'service', approvalEpoch } as const;
  return success({ ...acting, userId, accountId, ...proven });
}

/**
 * The proof of the user in the challenge that they passed; their proof to the application is not known here. A challenge
 * that approved an action approves nothing else.
 */
async function approvalOf(
  ctx: RequestContext,
  service: Service,
  { user, challengeId }: ApprovedUser,
): Promise<ProvenFactors> {
  const none = { amr: [], secondFactorAt: null };
  const found = challengeId === undefined ? undefined : await findChallenge(ctx.store, challengeId, ctx.now);
  if (found?.challenge.kind !== 'service') return none;
  const { serviceId, userId, epoch, action, amr } = found.challenge;
  const isTheirs = serviceId === service.id && userId === user.id && epoch === user.epoch && action === null;
  return isTheirs && found.state === 'approved' ? { amr, secondFactorAt: found.approvedAt } : none;
}

export async function accountOf(
  ctx: RequestContext,
  service: Service,
  { account }: External,
): Promise<Account | undefined> {
  const found = await findAccount(ctx.store, account ?? service.accountId);
  return found && findBelow(ctx.store, service.accountId, found.id);
}

/**
 * Users are found by name without case, but an application's ids may differ in case only, so the name is compared
 * exactly.
 */
export const isOwn = (service: Service, user: User, externalId: string) =>
  user.serviceId === service.id && user.name === externalId;
