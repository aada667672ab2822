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

/** How long a proof is fresh. */
export const stepUpLife = 15 * minute;

/** A caller who may change factors: themself, and what they have, pending enrolments too. */
export type Manager = { readonly user: User; readonly authenticators: readonly Authenticator[] };

type Prover = Pick<Caller, 'userId' | 'secondFactorAt' | 'authModule'> &
  Partial<Pick<Caller, 'authTime'>> &
  Partial<Pick<ServiceActor, 'approvalEpoch'>>;

/** Lets a caller change somebody's factors. */
export async function requireStepUp(ctx: RequestContext, caller: Prover): Promise<Outcome<Manager, Reason>> {
  const found = await findManager(ctx, caller);
  return found.ok ? requireProof(ctx, caller, found.value) : found;
}

/** The user is read before what they have, so that a change that is made with both of them fails when something else changed in between. */
export async function findManager(ctx: RequestContext, caller: Prover): Promise<Outcome<Manager, Reason>> {
  const user = await findUser(ctx.store, caller.userId);
  if (!user) return refuse('not_found');
  // Another change has spent the approval since it was looked up.
  if ((caller.approvalEpoch ?? user.epoch) !== user.epoch) return refuse('raced');
  return success({ user, authenticators: await listAuthenticators(ctx.store, user.id, ctx.now) });
}

/**
 * Never a machine's credential, and only shortly after the caller has proven a second factor, or logged in where they have none (RFC 9470):
 * a factor that is enrolled counts as proof.
 */
export function requireProof(ctx: RequestContext, caller: Prover, manager: Manager): Outcome<Manager, Reason> {
  const { secondFactorAt, authTime = ctx.now } = caller;
  const isEnrolled = secondFactors(manager.authenticators).length > 0;
  if (isEnrolled && !isFresh(secondFactorAt, ctx.now)) return refuse('step_up_required');
  if (isKind(caller.authModule) && factorOf(caller.authModule).traits.unattended) return refuse('unattended');
  if (!isEnrolled && !isFresh(authTime, ctx.now)) return refuse('login_too_old');
  return success(manager);
}

/**
 * Lets an administrator's session make an administrative write: one that a person opened, with fresh proof. That is a second factor for a
 * user who has one, and the login itself for a user who has none.
 */
export async function requireFreshProof(ctx: RequestContext, caller: Caller): Promise<Outcome<undefined, Reason>> {
  if (isUnattended(caller.authModule)) return refuse('unattended');
  if (isFresh(caller.secondFactorAt, ctx.now)) return success(undefined);
  if (secondFactors(await listForLogin(ctx.store, caller.userId, [])).length > 0) return refuse('step_up_required');
  return isFresh(caller.authTime, ctx.now) ? success(undefined) : refuse('login_too_old');
}

const isFresh = (provenAt: number | null, now: number) => provenAt !== null && now - provenAt <= stepUpLife;
