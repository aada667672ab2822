import { minute } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { listAuthenticators, type Authenticator } from '../../store/authenticators.ts';
import { listForLogin } from '../../store/login-authenticators.ts';
import { findUser, type User } from '../../store/users.ts';
import type { RequestContext } from '../context.ts';
import type { ServiceActor } from '../session/enrollment-actor.ts';
import { proveCurrentPassword } from './prove-current-password.ts';
import { isUnattended } from '../policy/auth-modules.ts';
import { providerPolicy } from '../policy/provider-policy.ts';
import { hasStrongFactor, secondFactors } from '../policy/second-factors.ts';
import type { Reason } from '../reasons.ts';
import { assuranceOf } from '../session/assurance.ts';
import type { Caller } from '../session/authenticate.ts';

/** How long a proof is recent enough for a step-up, in milliseconds. */
export const stepUpLife = 15 * minute;

/** The caller's user and their authenticators, including pending ones. */
export type FactorOwner = { readonly user: User; readonly authenticators: readonly Authenticator[] };

type ProvingCaller = Pick<Caller, 'userId' | 'amr' | 'secondFactorAt' | 'authModule'> &
  Partial<Pick<Caller, 'id' | 'authTime'>> &
  Partial<Pick<ServiceActor, 'approvalEpoch'>>;

/** Allows a caller to change factors if they have proven a factor recently. */
export async function requireStepUp(ctx: RequestContext, caller: ProvingCaller): Promise<Outcome<FactorOwner, Reason>> {
  const found = await findFactorOwner(ctx, caller);
  return found.ok ? requireProofOf(ctx, caller, found.value) : found;
}

/**
 * Reads the user before their authenticators: if these change in between, the user's epoch is old and the caller's
 * change fails.
 */
export async function findFactorOwner(
  ctx: RequestContext,
  caller: ProvingCaller,
): Promise<Outcome<FactorOwner, Reason>> {
  const user = await findUser(ctx.store, caller.userId);
  if (!user) return refuse('not_found');
  // Another change has used the user's approval.
  if ((caller.approvalEpoch ?? user.epoch) !== user.epoch) return refuse('raced');
  return success({ user, authenticators: await listAuthenticators(ctx.store, user.id, ctx.now) });
}

/**
 * Requires a proof from the last 15 minutes (RFC 9470): of a second factor if the user has one or the policy names a
 * provider such as Duo, otherwise a login or the password in the request. Enrolling a second factor counts as proof.
 * Sessions of API keys and device secrets are refused.
 */
export async function requireProofOf(
  ctx: RequestContext,
  caller: ProvingCaller,
  owner: FactorOwner,
): Promise<Outcome<FactorOwner, Reason>> {
  const { accountId, roles } = owner.user;
  const fresh = await checkFreshness(ctx, { ...caller, accountId, roles }, async () => owner.authenticators);
  return fresh.ok ? success(owner) : fresh;
}

/** Allows an administrative write to a session with fresh proof; see `requireProofOf`. */
export function requireAdministratorProof(ctx: RequestContext, caller: Caller): Promise<Outcome<undefined, Reason>> {
  return checkFreshness(ctx, caller, () => listForLogin(ctx.store, caller.userId));
}

async function checkFreshness(
  ctx: RequestContext,
  { authTime = ctx.now, ...caller }: ProvingCaller & Pick<User, 'accountId' | 'roles'>,
  read: () => Promise<readonly Authenticator[]>,
): Promise<Outcome<undefined, Reason>> {
  if (isUnattended(caller.authModule)) return refuse('unattended');
  if (isRecent(caller.secondFactorAt, ctx.now) && assuranceOf(caller) === 'aal2') return success(undefined);
  const authenticators = await read();
  const isEnrolled = secondFactors(authenticators).length > 0;
  // A code by e-mail is not enough for a user who has a stronger factor, such as Duo where policy requires it.
  const hasStronger = hasStrongFactor(authenticators) || (await providerPolicy(ctx, caller)) !== undefined;
  if (isEnrolled && !hasStronger && isRecent(caller.secondFactorAt, ctx.now)) return success(undefined);
  if (isEnrolled || hasStronger) return refuse('step_up_required');
  if (isRecent(authTime, ctx.now)) return success(undefined);
  if (ctx.currentPassword === undefined) return refuse('login_too_old');
  const { id: sessionId = null, userId, accountId, authModule } = caller;
  return proveCurrentPassword(ctx, authenticators, { action: 'login', authModule, sessionId, userId, accountId });
}

export const isRecent = (provenAt: number | null, now: number) => provenAt !== null && now - provenAt <= stepUpLife;
