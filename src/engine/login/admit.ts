import { refuse, success, type Success } from '../../base/outcome.ts';
import { factorOf } from '../../factors/registry.ts';
import type { Authenticator } from '../../store/authenticators.ts';
import { findPrompted } from '../../store/challenges.ts';
import {
  challenge,
  resumePrompt,
  completeLogin,
  keyOfLogin,
  requireEnrollment,
  denyLogin,
  type FirstFactorProof,
} from './after-first-factor.ts';
import type { Admitted, Resumed } from './login-outcome.ts';
import { forLogin, type RequestContext } from '../context.ts';
import type { LoginRefusal } from '../session/offer-enrollment.ts';
import { logRefusal } from '../audit/log-attempt.ts';
import { moduleOf, type AuthModule } from '../policy/auth-modules.ts';
import { promptProvider, issuePrompts, type IssuedPrompt } from '../proof/issue-prompts.ts';
import { readPolicy } from '../policy/read-policy.ts';
import { loginNeeds, type LoginNeeds } from '../policy/login-needs.ts';

export type Admission = Pick<FirstFactorProof, 'user' | 'proven' | 'issuedTo'> & {
  readonly authenticators: readonly Authenticator[];
  readonly door: AuthModule;
  /** The second factor, if the request has it too. */
  readonly response: unknown;
};

/**
 * Continues a login after its first factor: creates a session or a challenge, offers an enrollment, or refuses, as
 * policy requires.
 */
export async function admit(
  ctx: RequestContext,
  { user, authenticators, proven, door, issuedTo, response }: Admission,
): Promise<Success<Admitted | Resumed> | LoginRefusal> {
  const { kind } = proven.candidate;
  const authModule = moduleOf(door, kind);
  const who = { accountId: user.accountId, userId: user.id, authModule };
  // Read again after the hash, during which an administrator may have changed it.
  const policy = await readPolicy(ctx.store, { ...who, roles: user.roles });
  const facts = { action: 'login', ...who, factor: kind, logs: policy.logs };
  const step = { user, proven, authModule, issuedTo, policy, facts };
  const needed = await loginNeeds(ctx, { authModule, policy, authenticators });
  if (!needed.ok) return denyLogin(ctx, step, needed);
  const { verifier } = needed.value;
  if (!verifier) return continueHere(ctx, step, needed.value);
  const external = { ...needed.value, verifier };
  return response === undefined
    ? challengeAtProvider(ctx, step, external)
    : resume(ctx, step, { ...external, response });
}

/** Continues a login for which no external provider is needed. */
async function continueHere(
  ctx: RequestContext,
  step: FirstFactorProof,
  needed: LoginNeeds,
): Promise<Success<Admitted> | LoginRefusal> {
  const { anyOf, passedOver, authConfigOrigin, mfaConfigOrigin, enrolls } = needed;
  if (passedOver) {
    const { reason, detail = null } = passedOver;
    const about = { ...step.facts, action: 'answer', factor: null, authConfigOrigin, mfaConfigOrigin, detail };
    await logRefusal(ctx, about, reason);
  }
  if (enrolls !== undefined) {
    const { programOnly } = factorOf(step.proven.candidate.kind).traits;
    // A program that logs in cannot enroll a factor for its user.
    const refused = refuse('mfa_enrollment_required' as const);
    if (programOnly) return denyLogin(ctx, step, { ...needed, ...refused, providerName: enrolls });
    if (anyOf.length === 0) return requireEnrollment(ctx, step, { ...needed, enrolls });
  }
  const outcome = await (anyOf.length > 0 ? challengeHere(ctx, step, needed) : completeLogin(ctx, step));
  if (!outcome.ok) await logRefusal(ctx, step.facts, outcome.reason);
  return outcome;
}

async function challengeHere(ctx: RequestContext, step: FirstFactorProof, needed: LoginNeeds) {
  const { anyOf } = needed;
  const issued = await issuePrompts(ctx, { ...forLogin, user: step.user, anyOf });
  const token = await challenge(ctx, step, { ...needed, issued });
  if (!token.ok) return token;
  return success({ state: 'challenge', challengeToken: token.value, anyOf, prompts: issued.map(shownOf) } as const);
}

const shownOf = ({ shown }: IssuedPrompt) => shown;

type ProviderNeed = LoginNeeds & { readonly verifier: NonNullable<LoginNeeds['verifier']> };

/**
 * Asks an external provider for its prompt. Nothing is written before it responds, so no lock is held while waiting.
 */
async function challengeAtProvider(
  ctx: RequestContext,
  step: FirstFactorProof,
  needed: ProviderNeed,
): Promise<Success<Admitted> | LoginRefusal> {
  const { provider, otherwise } = needed.verifier;
  const { providerName: kind } = provider;
  const prompted = await promptProvider(ctx, { ...forLogin, user: step.user }, needed.verifier);
  // The provider may have taken seconds to respond.
  const present = ctx.at();
  if (!prompted.ok) {
    // If the provider does not accept the user's name, it is not unavailable, so policy does not allow to skip it.
    if (otherwise && prompted.reason !== 'unsuitable_user') return continueHere(present, step, otherwise(prompted));
    return denyLogin(present, step, { ...prompted, ...needed, providerName: kind });
  }
  const issued = [prompted.value];
  const token = await challenge(present, step, { ...needed, issued });
  if (token.ok)
    return success({ state: 'challenge', challengeToken: token.value, anyOf: [], prompts: issued.map(shownOf) });
  await logRefusal(present, step.facts, token.reason);
  return token;
}

/**
 * The request has the provider's response. It must belong to a prompt that this provider issued for this user and auth
 * module.
 */
async function resume(
  ctx: RequestContext,
  step: FirstFactorProof,
  { response, ...needed }: ProviderNeed & { readonly response: unknown },
): Promise<Success<Resumed> | LoginRefusal> {
  const { id, providerName } = needed.verifier.provider;
  const handle = factorOf(providerName).read(response)?.handle;
  const where = { userId: step.user.id, authModule: step.authModule };
  const open = handle === undefined ? undefined : await findPrompted(ctx.store, { ...where, handle }, ctx.now);
  const isOwn = open?.challenge.kind === 'login' && (open.challenge.keyId ?? null) === keyOfLogin(step);
  if (!isOwn || !open.challenge.prompts.some(({ provider }) => provider?.id === id)) {
    await denyLogin(ctx, step, { ...refuse('invalid_challenge'), ...needed, providerName });
    return refuse('wrong_second_factor');
  }
  const resumed = await resumePrompt(ctx, step);
  return resumed.ok ? success({ state: 'resumed', challengeId: open.challenge.id }) : resumed;
}
