import { refuse, success, type Outcome, type Refusal } from '../../base/outcome.ts';
import { opaqueToken, uuid } from '../../base/random.ts';
import { listForLogin, type Authenticator } from '../../store/authenticators.ts';
import type { Challenge } from '../../store/challenge-rows.ts';
import { insertChallenge } from '../../store/challenges.ts';
import type { User } from '../../store/users.ts';
import type { ChallengeActor } from './challenge-actor.ts';
import type { RequestContext } from '../context.ts';
import { logRefusal, type AttemptFacts } from '../audit/log-attempt.ts';
import { secondFactors } from '../policy/second-factors.ts';
import {
  promptProvider,
  keeping,
  issuePrompts,
  type PromptPurpose,
  type IssuedPrompt,
  type ShownPrompt,
} from '../proof/issue-prompts.ts';
import { readPolicy } from '../policy/read-policy.ts';
import type { Reason } from '../reasons.ts';
import { loginNeeds, type LoginNeeds } from '../policy/login-needs.ts';
import type { Verifier } from '../policy/required-provider.ts';
import { bindingOf } from '../proof/verify-response.ts';
import { findChallengedUser, type ChallengedUser } from './find-challenged-user.ts';

export type ChallengeRequest = {
  /** A service says who; a session asks of its own user. */
  readonly user?: ChallengedUser | undefined;
  /** The kinds of factor that will do; all the user has, when absent. */
  readonly kinds?: readonly string[] | undefined;
  /** What the user is to approve. */
  readonly action?: string | undefined;
  /** What for, in a word that the assertion repeats. */
  readonly purpose?: string | undefined;
};

export type CreatedChallenge = {
  readonly challenge: Challenge;
  readonly token: string;
  readonly anyOf: readonly Authenticator[];
  readonly prompts: readonly ShownPrompt[];
};

/** The application has checked the first factor by itself: it stands for this way in. */
const authModule = 'password';

/**
 * Puts a challenge to a user for a service or for a session that steps up. Answers with nothing where the user has no second factor and policy
 * asks for none.
 */
export async function createChallenge(
  ctx: RequestContext,
  actor: ChallengeActor,
  asking: ChallengeRequest,
): Promise<Outcome<CreatedChallenge | undefined, Reason>> {
  if (actor.type === 'holder') return refuse('forbidden');
  const user = await findChallengedUser(ctx, actor, asking.user);
  if (!user) return refuse('not_found');
  const needed = await neededOf(ctx, actor, user);
  const tried = { action: 'answer', authModule, accountId: user.accountId, userId: user.id };
  if (!needed.ok) return declined(ctx, tried, needed);
  const { verifier, enrolls, authConfigOrigin, mfaConfigOrigin } = needed.value;
  // A service that could enroll its users' factors could log in as them.
  if (enrolls !== undefined) return refuse('mfa_enrollment_required');
  const anyOf = needed.value.anyOf.filter(({ kind }) => asking.kinds?.includes(kind) ?? true);
  if (!verifier && anyOf.length === 0)
    return needed.value.anyOf.length === 0 ? success(undefined) : refuse('no_authenticator');

  const token = opaqueToken(ctx.random);
  const own = {
    id: uuid(ctx.random, ctx.now),
    userId: user.id,
    epoch: user.epoch,
    // A choice narrows what policy asks for, and adds nothing to it.
    kinds: asking.kinds && !verifier ? anyOf.map(({ kind }) => kind) : needed.value.kinds,
    authConfigOrigin,
    mfaConfigOrigin,
    action: asking.action ?? null,
    purpose: asking.purpose ?? null,
    ...askedBy(actor),
  };
  const put = await promptsFor(ctx, { binding: bindingOf(own), user }, { verifier, anyOf });
  // A provider may have taken long.
  const present = ctx.at();
  if (!put.ok) {
    const about = { authConfigOrigin, mfaConfigOrigin, factor: verifier?.provider.providerName ?? null };
    return declined(present, { ...tried, ...about, detail: put.detail ?? null }, put);
  }
  const challenge = { ...own, createdAt: present.now, ...keeping(put.value, present.now) };
  await insertChallenge(ctx.store, challenge, token);
  return success({ challenge, token, anyOf, prompts: put.value.map(({ shown }) => shown) });
}

async function declined(ctx: RequestContext, tried: AttemptFacts, refused: Refusal<Reason>): Promise<Refusal<Reason>> {
  await logRefusal(ctx, tried, refused.reason);
  return refused;
}

async function promptsFor(
  ctx: RequestContext,
  about: PromptPurpose,
  { verifier, anyOf }: { readonly verifier: Verifier | undefined; readonly anyOf: readonly Authenticator[] },
): Promise<Outcome<readonly IssuedPrompt[], Reason>> {
  if (!verifier) return success(await issuePrompts(ctx, { ...about, anyOf }));
  const put = await promptProvider(ctx, about, verifier);
  return put.ok ? success([put.value]) : put;
}

function askedBy(actor: Exclude<ChallengeActor, { type: 'holder' }>) {
  if (actor.type === 'session') {
    const { id: sessionId, authModule: door, amr } = actor.session;
    return { kind: 'step_up', sessionId, authModule: door, amr } as const;
  }
  // The application says by itself what it has checked.
  return { kind: 'service', serviceId: actor.service.id, authModule, amr: [] } as const;
}

async function neededOf(ctx: RequestContext, actor: ChallengeActor, user: User): Promise<Outcome<LoginNeeds, Reason>> {
  const authenticators = await listForLogin(ctx.store, user.id, []);
  if (actor.type === 'session') {
    // Who steps up proves what they have, whatever the way in asks for.
    const nobody = { authConfigOrigin: 'system', mfaConfigOrigin: 'system', requiredBy: undefined };
    return success({ ...nobody, anyOf: secondFactors(authenticators), kinds: null });
  }
  const policy = await readPolicy(ctx.store, { authModule, accountId: user.accountId });
  return loginNeeds(ctx, { authModule, policy, authenticators });
}
