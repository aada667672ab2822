import { refuse, success, type Success } from '../base/outcome.ts';
import { factorOf } from '../factors/index.ts';
import type { Authenticator } from '../store/authenticators.ts';
import { findPrompted } from '../store/challenges.ts';
import { challenge, challengeLife, comeBack, enter, offer, turnAway, type Admitted, type Step } from './after-first.ts';
import type { RequestContext } from './context.ts';
import type { LoginRefusal } from './enroller.ts';
import { logRefusal } from './log-attempt.ts';
import { moduleOf, type AuthModule } from './policy.ts';
import { askPrompter, handleOf } from './prompt.ts';
import { readPolicy } from './read-policy.ts';
import { neededFor, type Needed } from './required.ts';

export type Admission = Pick<Step, 'user' | 'proof' | 'issuedTo'> & {
  readonly authenticators: readonly Authenticator[];
  readonly door: AuthModule;
  /** What the client brought along as the second factor. */
  readonly reply: unknown;
};

/** A first factor was proven: spends the proof and opens what policy says comes next, all of it or nothing. */
export async function admit(
  ctx: RequestContext,
  { user, authenticators, proof, door, issuedTo, reply }: Admission,
): Promise<Success<Admitted> | LoginRefusal> {
  const { kind } = proof.authenticator;
  const authModule = moduleOf(door, kind);
  const who = { accountId: user.accountId, userId: user.id, authModule };
  const policy = await readPolicy(ctx.store, who);
  const tried = { action: 'login', ...who, factor: kind, logs: policy.logs };
  const step = { user, proof, authModule, issuedTo, policy, tried };
  const needed = await neededFor(ctx, authModule, policy, authenticators);
  if (!needed.ok) return turnAway(ctx, step, needed);
  const { prompter } = needed.value;
  if (!prompter) return goOn(ctx, step, needed.value);
  const prompted = { ...needed.value, prompter };
  return reply === undefined ? prompt(ctx, step, prompted) : resume(ctx, step, { ...prompted, reply });
}

/** With what the house itself can ask for. */
async function goOn(ctx: RequestContext, step: Step, needed: Needed): Promise<Success<Admitted> | LoginRefusal> {
  const { anyOf, passedOver, authConfigOrigin, mfaConfigOrigin, enrolls } = needed;
  if (passedOver) {
    const { reason, detail = null } = passedOver;
    const about = { ...step.tried, action: 'answer', factor: null, authConfigOrigin, mfaConfigOrigin, detail };
    await logRefusal(ctx, about, reason);
  }
  if (enrolls !== undefined) {
    const { unattended } = factorOf(step.proof.authenticator.kind).traits;
    // A program enrols nothing for its user.
    const refused = refuse('mfa_enrollment_required' as const);
    if (unattended) return turnAway(ctx, step, { ...needed, ...refused, providerName: enrolls });
    if (anyOf.length === 0) return offer(ctx, step, { ...needed, enrolls });
  }
  const outcome = await (anyOf.length > 0 ? ask(ctx, step, needed) : enter(ctx, step));
  if (!outcome.ok) await logRefusal(ctx, step.tried, outcome.reason);
  return outcome;
}

async function ask(ctx: RequestContext, step: Step, needed: Needed) {
  const token = await challenge(ctx, step, { ...needed, life: challengeLife });
  if (!token.ok) return token;
  return success({ state: 'challenge', challengeToken: token.value, anyOf: needed.anyOf } as const);
}

type PromptedNeed = Needed & { readonly prompter: NonNullable<Needed['prompter']> };

/** Nothing is written before the provider has answered: who waits for it holds nothing up. */
async function prompt(
  ctx: RequestContext,
  step: Step,
  needed: PromptedNeed,
): Promise<Success<Admitted> | LoginRefusal> {
  const { prompter } = needed;
  const { provider, otherwise } = prompter;
  const asked = await askPrompter(ctx, prompter, step.user.name);
  // The call may have taken long.
  const present = ctx.at();
  if (!asked.ok) {
    // A name that the provider can't take is no failure of the provider.
    if (otherwise && asked.reason !== 'unsuitable_user') return goOn(present, step, otherwise(asked));
    return turnAway(present, step, { ...asked, ...needed, providerName: provider.providerName });
  }
  const { shown, ...put } = asked.value;
  const token = await challenge(present, step, { ...needed, ...put });
  if (token.ok) return success({ state: 'challenge', challengeToken: token.value, anyOf: [], prompt: shown });
  await logRefusal(present, step.tried, token.reason);
  return token;
}

/** The client has the reply already: to a prompt that was put to this user, at this door, by this provider. */
async function resume(
  ctx: RequestContext,
  step: Step,
  { reply, ...needed }: PromptedNeed & { readonly reply: unknown },
): Promise<Success<Admitted> | LoginRefusal> {
  const { provider } = needed.prompter;
  const handle = handleOf(needed.prompter, reply);
  const where = { userId: step.user.id, authModule: step.authModule };
  const open = handle === undefined ? undefined : await findPrompted(ctx.store, { ...where, handle }, ctx.now);
  const asked = open?.challenge.prompt;
  if (asked?.provider.id !== provider.id) {
    const unknown = { ...refuse('invalid_challenge'), ...needed, providerName: provider.providerName };
    await turnAway(ctx, step, unknown);
    return refuse('wrong_second_factor');
  }
  const back = await comeBack(ctx, step);
  return back.ok ? success({ state: 'challenge', challengeToken: asked.token, anyOf: [] }) : back;
}
