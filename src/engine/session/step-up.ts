import { minute } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { factorOf, isKind } from '../../factors/registry.ts';
import { listAuthenticators, listForLogin, type Authenticator } from '../../store/authenticators.ts';
import { findUser, type User } from '../../store/users.ts';
import type { RequestContext } from '../context.ts';
import type { ServiceActor } from './enrollment-actor.ts';
import { isUnattended } from '../policy/auth-modules.ts';
import { secondFactors } from '../policy/second-factors.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from './authenticate.ts';

/** How long a proof is recent enough for a step-up, in milliseconds. */
export const stepUpLife = 15 * minute;

/** The user of a caller who may change factors, and their authenticators, including pending ones. */
export type FactorManager = { readonly user: User; readonly authenticators: readonly Authenticator[] };

type ProvingCaller = Pick<Caller, 'userId' | 'secondFactorAt' | 'authModule'> &
  Partial<Pick<Caller, 'authTime'>> &
  Partial<Pick<ServiceActor, 'approvalEpoch'>>;

/** Allows a caller to change factors if they have proven a factor recently. */
export async function requireStepUp(
  ctx: RequestContext,
  caller: ProvingCaller,
): Promise<Outcome<FactorManager, Reason>> {
  const found = await findManager(ctx, caller);
  return found.ok ? requireProof(ctx, caller, found.value) : found;
}

/**
 * Reads the user before their authenticators: if these change in between, the user's epoch is old and the caller's
 * change fails.
 */
export async function findManager(ctx: RequestContext, caller: ProvingCaller): Promise<Outcome<FactorManager, Reason>> {
  const user = await findUser(ctx.store, caller.userId);
  if (!user) return refuse('not_found');
  // Another change has used the user's approval.
  if ((caller.approvalEpoch ?? user.epoch) !== user.epoch) return refuse('raced');
  return success({ user, authenticators: await listAuthenticators(ctx.store, user.id, ctx.now) });
}

/**
 * Requires a recent proof (RFC 9470): of a second factor, or the login if the user has no second factor. Sessions of
 * API keys and device secrets are refused. A second factor counts as proven when it is enrolled.
 */
export function requireProof(
  ctx: RequestContext,
  caller: ProvingCaller,
  manager: FactorManager,
): Outcome<FactorManager, Reason> {
  const { secondFactorAt, authTime = ctx.now } = caller;
  const isEnrolled = secondFactors(manager.authenticators).length > 0;
  if (isEnrolled && !isRecent(secondFactorAt, ctx.now)) return refuse('step_up_required');
  if (isKind(caller.authModule) && factorOf(caller.authModule).traits.unattended) return refuse('unattended');
  if (!isEnrolled && !isRecent(authTime, ctx.now)) return refuse('login_too_old');
  return success(manager);
}

/**
 * Allows an administrative write if the session was created by a person and has a recent proof, as in `requireProof`.
 */
export async function requireFreshProof(ctx: RequestContext, caller: Caller): Promise<Outcome<undefined, Reason>> {
  if (isUnattended(caller.authModule)) return refuse('unattended');
  if (isRecent(caller.secondFactorAt, ctx.now)) return success(undefined);
  if (secondFactors(await listForLogin(ctx.store, caller.userId, [])).length > 0) return refuse('step_up_required');
  return isRecent(caller.authTime, ctx.now) ? success(undefined) : refuse('login_too_old');
}

const isRecent = (provenAt: number | null, now: number) => provenAt !== null && now - provenAt <= stepUpLife;
