import { refuse, success, type Outcome, type Refusal } from '../../base/outcome.ts';
import { opaqueToken, uuid } from '../../base/random.ts';
import type { Authenticator } from '../../store/authenticators.ts';
import { listForLogin } from '../../store/login-authenticators.ts';
import type { Challenge } from '../../store/challenge-rows.ts';
import { insertChallenge } from '../../store/challenges.ts';
import type { User } from '../../store/users.ts';
import type { ChallengeActor } from './challenge-actor.ts';
import type { RequestContext } from '../context.ts';
import { logRefusal, type AttemptFacts } from '../audit/log-attempt.ts';
import { authModules } from '../policy/auth-modules.ts';
import { providerPolicy } from '../policy/provider-policy.ts';
import {
  firstFactors,
  hasStrongFactor,
  kindsAmong,
  secondFactors,
  sufficientFactors,
} from '../policy/second-factors.ts';
import type { Caller } from '../session/authenticate.ts';
import {
  promptProvider,
  promptsToStore,
  issuePrompts,
  type PromptPurpose,
  type IssuedPrompt,
  type ShownPrompt,
} from '../proof/issue-prompts.ts';
import { readPolicies, readPolicy } from '../policy/read-policy.ts';
import type { Reason } from '../reasons.ts';
import { loginNeeds, type LoginNeeds } from '../policy/login-needs.ts';
import type { Verifier } from '../policy/required-provider.ts';
import { bindingOf } from '../proof/verify-response.ts';
import { findChallengedUser, type ChallengedUser } from './find-challenged-user.ts';

export type ChallengeRequest = {
  /** The user, if a service creates it. A session challenges its own user. */
  readonly user?: ChallengedUser | undefined;
  /** The kinds of factor that may answer; when absent, all that the user has. */
  readonly kinds?: readonly string[] | undefined;
  /** The action that the user is asked to approve. */
  readonly action?: string | undefined;
  /** The purpose, which the assertion repeats. */
  readonly purpose?: string | undefined;
};

export type CreatedChallenge = {
  readonly challenge: Challenge;
  readonly token: string;
  readonly anyOf: readonly Authenticator[];
  readonly prompts: readonly ShownPrompt[];
};

/** The application has checked the first factor itself, so the policy of passwords applies. */
const authModule = 'password';

/**
 * Creates a challenge for a service or for a session that steps up. Undefined if the user has no second factor and
 * policy requires none.
 */
export async function createChallenge(
  ctx: RequestContext,
  actor: ChallengeActor,
  input: ChallengeRequest,
): Promise<Outcome<CreatedChallenge | undefined, Reason>> {
  if (actor.type === 'holder') return refuse('forbidden');
  const user = await findChallengedUser(ctx, actor, input.user);
  if (!user) return refuse('not_found');
  if (!user.isActive) return refuse('user_disabled');
  const needed = await neededOf(ctx, actor, user);
  const facts = { action: 'answer', authModule, accountId: user.accountId, userId: user.id };
  if (!needed.ok) return declined(ctx, facts, needed);
  const { verifier, enrolls, authConfigOrigin, mfaConfigOrigin } = needed.value;
  // A service must not enroll factors of its users, because it could then log in as them.
  if (enrolls !== undefined) return refuse('mfa_enrollment_required');
  const anyOf = needed.value.anyOf.filter(({ kind }) => input.kinds?.includes(kind) ?? true);
  if (!verifier && anyOf.length === 0)
    return needed.value.anyOf.length === 0 ? success(undefined) : refuse('no_authenticator');

  const token = opaqueToken(ctx.random);
  const own = {
    id: uuid(ctx.random, ctx.now),
    userId: user.id,
    epoch: user.epoch,
    // `input.kinds` can only narrow what policy requires.
    kinds: input.kinds && !verifier ? anyOf.map(({ kind }) => kind) : needed.value.kinds,
    authConfigOrigin,
    mfaConfigOrigin,
    action: input.action ?? null,
    purpose: input.purpose ?? null,
    ...columnsOfActor(actor),
  };
  const issued = await promptsFor(ctx, { binding: bindingOf(own), user }, { verifier, anyOf });
  // The provider may have taken seconds to respond.
  const present = ctx.at();
  if (!issued.ok) {
    const about = { authConfigOrigin, mfaConfigOrigin, factor: verifier?.provider.providerName ?? null };
    return declined(present, { ...facts, ...about, detail: issued.detail ?? null }, issued);
  }
  const challenge = { ...own, createdAt: present.now, ...promptsToStore(issued.value, present.now) };
  await insertChallenge(ctx.store, challenge, token);
  return success({ challenge, token, anyOf, prompts: issued.value.map(({ shown }) => shown) });
}

async function declined(ctx: RequestContext, facts: AttemptFacts, refused: Refusal<Reason>): Promise<Refusal<Reason>> {
  await logRefusal(ctx, facts, refused.reason);
  return refused;
}

async function promptsFor(
  ctx: RequestContext,
  about: PromptPurpose,
  { verifier, anyOf }: { readonly verifier: Verifier | undefined; readonly anyOf: readonly Authenticator[] },
): Promise<Outcome<readonly IssuedPrompt[], Reason>> {
  if (!verifier) return success(await issuePrompts(ctx, { ...about, anyOf }));
  const issued = await promptProvider(ctx, about, verifier);
  return issued.ok ? success([issued.value]) : issued;
}

function columnsOfActor(actor: Exclude<ChallengeActor, { type: 'holder' }>) {
  if (actor.type === 'session') {
    const { id: sessionId, authModule: module, amr } = actor.session;
    return { kind: 'step_up', sessionId, authModule: module, amr } as const;
  }
  // Countersign does not know which first factor the application has checked.
  return { kind: 'service', serviceId: actor.service.id, authModule, amr: [] } as const;
}

async function neededOf(ctx: RequestContext, actor: ChallengeActor, user: User): Promise<Outcome<LoginNeeds, Reason>> {
  const authenticators = await listForLogin(ctx.store, user.id);
  if (actor.type === 'session') {
    return stepUpNeeds(ctx, actor.session, authenticators);
  }
  const policyOf = await readPolicies(ctx.store, user.accountId);
  const policy = policyOf(authModule, user.roles);
  const needed = await loginNeeds(ctx, { authModule, policy, authenticators });
  if (!policy.enabled || hasStrongFactor(authenticators) || isAsked(needed)) return needed;
  // A user without a second factor must not pass because the rule is one of another module, nor by e-mail instead of Duo.
  const isEnrolled = secondFactors(authenticators).length > 0;
  for (const other of authModules) {
    const rules = policyOf(other, user.roles);
    const asks = rules.enabled && rules.required;
    const asked = asks ? await loginNeeds(ctx, { authModule: other, policy: rules, authenticators }) : undefined;
    const isStronger = asked?.ok === true && asked.value.verifier !== undefined;
    if (asked && (isEnrolled ? isStronger : isAsked(asked))) return asked;
  }
  return needed;
}

/** Whether policy refuses a user without a second factor, or sends them to a provider or an enrollment. */
const isAsked = (needed: Outcome<LoginNeeds, Reason>) =>
  !needed.ok || needed.value.verifier !== undefined || needed.value.enrolls !== undefined;

/**
 * To step up, users prove any second factor that they have and that reaches AAL2, whatever policy requires of a login;
 * else they answer the provider that their account requires; else they prove a weaker factor, or without any their
 * password.
 */
async function stepUpNeeds(
  ctx: RequestContext,
  session: Caller,
  authenticators: readonly Authenticator[],
): Promise<Outcome<LoginNeeds, Reason>> {
  const origins = { authConfigOrigin: 'system', mfaConfigOrigin: 'system', requiredBy: undefined };
  const [all, sufficient] = [secondFactors(authenticators), sufficientFactors(authenticators)];
  const external = hasStrongFactor(authenticators) ? undefined : await providerPolicy(ctx, session);
  if (external) return loginNeeds(ctx, { ...external, authenticators });
  if (all.length > 0) {
    const takesAll = sufficient.length < all.length && (await readPolicy(ctx.store, session)).emailIsAal2;
    const anyOf = takesAll ? all : sufficient;
    return success({ ...origins, anyOf, kinds: kindsAmong(anyOf, all) });
  }
  const anyOf = firstFactors(authenticators);
  return success({ ...origins, anyOf, kinds: anyOf.map(({ kind }) => kind) });
}
