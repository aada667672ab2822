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

/** The user of a caller who may change factors, and their authenticators, including pending ones. */
export type FactorManager = { readonly user: User; readonly authenticators: readonly Authenticator[] };

type ProvingCaller = Pick<Caller, 'userId' | 'amr' | 'secondFactorAt' | 'authModule'> &
  Partial<Pick<Caller, 'id' | 'authTime'>> &
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
 * Requires fresh proof (RFC 9470): of a second factor, or of a first factor if the user has no second factor. Sessions of
 * API keys and device secrets are refused. A second factor counts as proven when it is enrolled. In place of an old login,
 * the password in the request counts.
 */
export async function requireProof(
  ctx: RequestContext,
  caller: ProvingCaller,
  manager: FactorManager,
): Promise<Outcome<FactorManager, Reason>> {
  const { accountId, roles } = manager.user;
  const fresh = await judge(ctx, { ...caller, accountId, roles }, async () => manager.authenticators);
  return fresh.ok ? success(manager) : fresh;
}

/**
 * Allows an administrative write if the session was created by a person and has a recent proof, as in `requireProof`.
 */
export function requireFreshProof(ctx: RequestContext, caller: Caller): Promise<Outcome<undefined, Reason>> {
  return judge(ctx, caller, () => listForLogin(ctx.store, caller.userId));
}

async function judge(
  ctx: RequestContext,
  { authTime = ctx.now, ...caller }: ProvingCaller & Pick<User, 'accountId' | 'roles'>,
  read: () => Promise<readonly Authenticator[]>,
): Promise<Outcome<undefined, Reason>> {
  if (isUnattended(caller.authModule)) return refuse('unattended');
  if (isRecent(caller.secondFactorAt, ctx.now) && assuranceOf(caller) === 'aal2') return success(undefined);
  const authenticators = await read();
  const isEnrolled = secondFactors(authenticators).length > 0;
  // A code by e-mail is not enough for a user who has a stronger factor. Who has to use Duo has it.
  const hasStronger = hasStrongFactor(authenticators) || (await providerPolicy(ctx, caller)) !== undefined;
  if (isEnrolled && !hasStronger && isRecent(caller.secondFactorAt, ctx.now)) return success(undefined);
  if (isEnrolled || hasStronger) return refuse('step_up_required');
  if (isRecent(authTime, ctx.now)) return success(undefined);
  if (ctx.currentPassword === undefined) return refuse('login_too_old');
  const { id: sessionId = null, userId, accountId, authModule } = caller;
  return proveCurrentPassword(ctx, authenticators, { action: 'login', authModule, sessionId, userId, accountId });
}

export const isRecent = (provenAt: number | null, now: number) => provenAt !== null && now - provenAt <= stepUpLife;
