import { refuse, success, type Success } from '../../base/outcome.ts';
import { factorOf } from '../../factors/registry.ts';
import type { Authenticator } from '../../store/authenticators.ts';
import { findPrompted } from '../../store/challenges.ts';
import {
  challenge,
  resumePrompt,
  completeLogin,
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
  /** What the client brought along as the second factor. */
  readonly response: unknown;
};

/** A first factor was proven: spends the proof and opens what policy says comes next, all of it or nothing. */
export async function admit(
  ctx: RequestContext,
  { user, authenticators, proven, door, issuedTo, response }: Admission,
): Promise<Success<Admitted | Resumed> | LoginRefusal> {
  const { kind } = proven.candidate;
  const authModule = moduleOf(door, kind);
  const who = { accountId: user.accountId, userId: user.id, authModule };
  const policy = await readPolicy(ctx.store, who);
  const tried = { action: 'login', ...who, factor: kind, logs: policy.logs };
  const step = { user, proven, authModule, issuedTo, policy, tried };
  const needed = await loginNeeds(ctx, { authModule, policy, authenticators });
  if (!needed.ok) return denyLogin(ctx, step, needed);
  const { verifier } = needed.value;
  if (!verifier) return goOn(ctx, step, needed.value);
  const verified = { ...needed.value, verifier };
  return response === undefined ? askOutside(ctx, step, verified) : resume(ctx, step, { ...verified, response });
}

/** With what can be asked for here. */
async function goOn(
  ctx: RequestContext,
  step: FirstFactorProof,
  needed: LoginNeeds,
): Promise<Success<Admitted> | LoginRefusal> {
  const { anyOf, passedOver, authConfigOrigin, mfaConfigOrigin, enrolls } = needed;
  if (passedOver) {
    const { reason, detail = null } = passedOver;
    const about = { ...step.tried, action: 'answer', factor: null, authConfigOrigin, mfaConfigOrigin, detail };
    await logRefusal(ctx, about, reason);
  }
  if (enrolls !== undefined) {
    const { unattended } = factorOf(step.proven.candidate.kind).traits;
    // A program enrolls nothing for its user.
    const refused = refuse('mfa_enrollment_required' as const);
    if (unattended) return denyLogin(ctx, step, { ...needed, ...refused, providerName: enrolls });
    if (anyOf.length === 0) return requireEnrollment(ctx, step, { ...needed, enrolls });
  }
  const outcome = await (anyOf.length > 0 ? ask(ctx, step, needed) : completeLogin(ctx, step));
  if (!outcome.ok) await logRefusal(ctx, step.tried, outcome.reason);
  return outcome;
}

async function ask(ctx: RequestContext, step: FirstFactorProof, needed: LoginNeeds) {
  const { anyOf } = needed;
  const put = await issuePrompts(ctx, { ...forLogin, user: step.user, anyOf });
  const token = await challenge(ctx, step, { ...needed, put });
  if (!token.ok) return token;
  return success({ state: 'challenge', challengeToken: token.value, anyOf, prompts: put.map(shownOf) } as const);
}

const shownOf = ({ shown }: IssuedPrompt) => shown;

type ProviderNeed = LoginNeeds & { readonly verifier: NonNullable<LoginNeeds['verifier']> };

/** Nothing is written before the provider has answered: waiting for it holds nothing up. */
async function askOutside(
  ctx: RequestContext,
  step: FirstFactorProof,
  needed: ProviderNeed,
): Promise<Success<Admitted> | LoginRefusal> {
  const { provider, otherwise } = needed.verifier;
  const { providerName: kind } = provider;
  const asked = await promptProvider(ctx, { ...forLogin, user: step.user }, needed.verifier);
  // The call may have taken long.
  const present = ctx.at();
  if (!asked.ok) {
    // A name that the provider cannot take is no failure of the provider.
    if (otherwise && asked.reason !== 'unsuitable_user') return goOn(present, step, otherwise(asked));
    return denyLogin(present, step, { ...asked, ...needed, providerName: kind });
  }
  const put = [asked.value];
  const token = await challenge(present, step, { ...needed, put });
  if (token.ok)
    return success({ state: 'challenge', challengeToken: token.value, anyOf: [], prompts: put.map(shownOf) });
  await logRefusal(present, step.tried, token.reason);
  return token;
}

/** The client has the response already: to a prompt that was put to this user, at this door, by this provider. */
async function resume(
  ctx: RequestContext,
  step: FirstFactorProof,
  { response, ...needed }: ProviderNeed & { readonly response: unknown },
): Promise<Success<Resumed> | LoginRefusal> {
  const { id, providerName } = needed.verifier.provider;
  const handle = factorOf(providerName).read(response)?.handle;
  const where = { userId: step.user.id, authModule: step.authModule };
  const open = handle === undefined ? undefined : await findPrompted(ctx.store, { ...where, handle }, ctx.now);
  if (!open?.challenge.prompts.some(({ provider }) => provider?.id === id)) {
    await denyLogin(ctx, step, { ...refuse('invalid_challenge'), ...needed, providerName });
    return refuse('wrong_second_factor');
  }
  const back = await resumePrompt(ctx, step);
  return back.ok ? success({ state: 'resumed', challengeId: open.challenge.id }) : back;
}
