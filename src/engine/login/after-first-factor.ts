import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { opaqueToken, uuid } from '../../base/random.ts';
import { closePrompts, insertChallenge } from '../../store/challenges.ts';
import { releaseTry, resetThrottle } from '../../store/throttles.ts';
import type { User } from '../../store/users.ts';
import type { AccountPolicy } from '../policy/merge-policy.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { offerEnrollment, type LoginRefusal } from '../session/offer-enrollment.ts';
import { logRefusal, logSuccess, type AttemptFacts } from '../audit/log-attempt.ts';
import { keeping, type IssuedPrompt } from '../proof/issue-prompts.ts';
import { spend, type Proven } from '../proof/prove.ts';
import type { Reason } from '../reasons.ts';
import type { LoginNeeds, UnmetNeeds } from '../policy/login-needs.ts';
import { issueToken } from '../session/issue-token.ts';
import { createSession, type IssuedTo } from '../session/create-session.ts';
import type { CompletedLogin } from './login-outcome.ts';

/** A first factor was proven. */
export type FirstFactorProof = {
  readonly user: User;
  readonly proven: Proven;
  readonly authModule: string;
  readonly issuedTo: IssuedTo | undefined;
  /** What holds for the way in. */
  readonly policy: Pick<AccountPolicy, 'tokenLife'>;
  readonly tried: AttemptFacts;
};

/** It was right, whatever comes of it: its failures are forgotten, and it is spent. */
async function spendFirstFactor(tx: RequestContext, { user, proven }: FirstFactorProof): Promise<boolean> {
  const { kind } = proven.candidate;
  if (kind === proven.counted) await resetThrottle(tx.store, user.id, kind);
  else await releaseTry(tx.store, user.id, proven.counted);
  return (await spend(tx, proven)) === undefined;
}

/** What policy requires cannot be asked for, or nobody may come in this way. */
export async function denyLogin(
  ctx: RequestContext,
  step: FirstFactorProof,
  { reason, detail, authConfigOrigin, mfaConfigOrigin, providerName }: UnmetNeeds,
): Promise<Outcome<never, Reason>> {
  const action = reason === 'module_disabled' ? 'login' : 'answer';
  const about = { authConfigOrigin, mfaConfigOrigin, providerName, detail: detail ?? null };
  const settled = await withTransaction(ctx, async (tx) =>
    (await spendFirstFactor(tx, step)) ? success(undefined) : refuse('raced'),
  );
  const refused = settled.ok ? reason : settled.reason;
  await logRefusal(ctx, { ...step.tried, action, ...about, factor: providerName }, refused);
  return refuse(refused);
}

/** The question of a challenge. */
export type ChallengeQuestion = Pick<LoginNeeds, 'kinds' | 'authConfigOrigin' | 'mfaConfigOrigin' | 'enrolls'> & {
  readonly put: readonly IssuedPrompt[];
};

/** Puts the question. Answers with the token that speaks for the challenge. */
export async function challenge(
  ctx: RequestContext,
  step: FirstFactorProof,
  { put, kinds, authConfigOrigin, mfaConfigOrigin, enrolls }: ChallengeQuestion,
): Promise<Outcome<string, Reason>> {
  const { user, authModule, proven } = step;
  const { now } = ctx;
  const token = opaqueToken(ctx.random);
  const made = {
    kind: 'login' as const,
    id: uuid(ctx.random, now),
    userId: user.id,
    authModule,
    amr: proven.proof.amr,
    epoch: user.epoch,
    createdAt: now,
    ...keeping(put, now),
    kinds,
    authConfigOrigin,
    mfaConfigOrigin,
    enrolls: enrolls ?? null,
  };
  return withTransaction(ctx, async (tx) => {
    if (!(await spendFirstFactor(tx, step))) return refuse('raced');
    if (made.prompts.some(({ provider }) => provider !== null)) await closePrompts(tx.store, made, now);
    await insertChallenge(tx.store, made, token);
    await logSuccess(tx, step.tried);
    return success(token);
  });
}

/** The person comes back with the reply to a question that stands: nothing new is asked. */
export async function resumePrompt(ctx: RequestContext, step: FirstFactorProof): Promise<Outcome<undefined, Reason>> {
  return withTransaction(ctx, async (tx) => {
    if (!(await spendFirstFactor(tx, step))) return refuse('raced');
    await logSuccess(tx, step.tried);
    return success(undefined);
  });
}

/** They have nothing more to prove, and not enough: what they may do is enrol. */
export async function requireEnrollment(
  ctx: RequestContext,
  step: FirstFactorProof,
  {
    enrolls,
    authConfigOrigin,
    mfaConfigOrigin,
  }: Pick<LoginNeeds, 'authConfigOrigin' | 'mfaConfigOrigin'> & { readonly enrolls: string },
): Promise<LoginRefusal> {
  const { user, authModule, tried } = step;
  const { amr } = step.proven.proof;
  const proven = { userId: user.id, authModule, amr, epoch: user.epoch, authConfigOrigin, mfaConfigOrigin };
  const offered = await withTransaction(ctx, async (tx) => {
    if (!(await spendFirstFactor(tx, step))) return refuse('raced');
    return success(await offerEnrollment(tx, proven, enrolls));
  });
  const reason = offered.ok ? 'mfa_enrollment_required' : offered.reason;
  const about = { authConfigOrigin, mfaConfigOrigin, providerName: enrolls, factor: enrolls };
  await logRefusal(ctx, { ...tried, ...about, action: 'answer' }, reason);
  return offered.ok ? { ...refuse(reason), enrollment: offered.value } : offered;
}

export async function completeLogin(
  ctx: RequestContext,
  step: FirstFactorProof,
): Promise<Outcome<CompletedLogin, Reason>> {
  const { user, authModule, proven, issuedTo, policy } = step;
  const { amr } = proven.proof;
  const opening = { user, epoch: user.epoch, authModule, amr, issuedTo, policy, secondFactor: false };
  const opened = await withTransaction(ctx, async (tx) => {
    if (!(await spendFirstFactor(tx, step))) return refuse('raced');
    const session = await createSession(tx, opening);
    await logSuccess(tx, { ...step.tried, sessionId: session.id });
    return success(session);
  });
  if (!opened.ok) return opened;
  const token = await issueToken(ctx, opened.value, user.accountId);
  return success({ state: 'session', token, session: opened.value, accountId: user.accountId });
}
