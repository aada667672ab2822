import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { opaqueToken, uuid } from '../../base/random.ts';
import { closePrompts, insertChallenge } from '../../store/challenges.ts';
import { releaseTry, resetThrottle } from '../../store/throttles.ts';
import type { User } from '../../store/users.ts';
import type { AccountPolicy } from '../policy/merge-policy.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { offerEnrollment, type LoginRefusal } from '../session/offer-enrollment.ts';
import { logRefusal, logSuccess, type AttemptFacts } from '../audit/log-attempt.ts';
import { promptsToStore, type IssuedPrompt } from '../proof/issue-prompts.ts';
import { spend, type Proven } from '../proof/prove.ts';
import type { Reason } from '../reasons.ts';
import type { LoginNeeds, UnmetNeeds } from '../policy/login-needs.ts';
import { issueToken } from '../session/issue-token.ts';
import { createSession, type IssuedTo } from '../session/create-session.ts';
import { keyIdForSession } from '../session/manage-key.ts';
import type { CompletedLogin } from './login-outcome.ts';

/** A login whose first factor was proven. */
export type FirstFactorProof = {
  readonly user: User;
  readonly proven: Proven;
  readonly authModule: string;
  readonly issuedTo: IssuedTo | undefined;
  /** The policy of the auth module. */
  readonly policy: Pick<AccountPolicy, 'tokenLife'>;
  readonly facts: AttemptFacts;
};

/** Spends the proof of the first factor and resets its failures. False: another request has used the same proof. */
async function spendFirstFactor(tx: RequestContext, { user, proven }: FirstFactorProof): Promise<boolean> {
  const { kind } = proven.candidate;
  if (kind === proven.counted) await resetThrottle(tx.store, user.id, kind);
  else await releaseTry(tx.store, user.id, proven.counted);
  return (await spend(tx, proven)) === undefined;
}

/** Refuses a login because of its policy, although its first factor was right. */
export async function denyLogin(
  ctx: RequestContext,
  step: FirstFactorProof,
  { reason, detail, authConfigOrigin, mfaConfigOrigin, providerName }: UnmetNeeds,
): Promise<Outcome<never, Reason>> {
  const action = reason === 'module_disabled' ? 'login' : 'answer';
  const about = { authConfigOrigin, mfaConfigOrigin, providerName, detail: detail ?? null };
  const spent = await withTransaction(ctx, async (tx) =>
    (await spendFirstFactor(tx, step)) ? success(undefined) : refuse('raced'),
  );
  const refused = spent.ok ? reason : spent.reason;
  await logRefusal(ctx, { ...step.facts, action, ...about, factor: providerName }, refused);
  return refuse(refused);
}

/** The second factors that the challenge of a login asks for. */
export type ChallengeQuestion = Pick<LoginNeeds, 'kinds' | 'authConfigOrigin' | 'mfaConfigOrigin' | 'enrolls'> & {
  readonly issued: readonly IssuedPrompt[];
};

/** Creates the challenge of a login. Returns its token. */
export async function challenge(
  ctx: RequestContext,
  step: FirstFactorProof,
  { issued, kinds, authConfigOrigin, mfaConfigOrigin, enrolls }: ChallengeQuestion,
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
    ...promptsToStore(issued, now),
    kinds,
    authConfigOrigin,
    mfaConfigOrigin,
    enrolls: enrolls ?? null,
    keyId: keyOfLogin(step),
    ...remembered(step),
  };
  return withTransaction(ctx, async (tx) => {
    if (!(await spendFirstFactor(tx, step))) return refuse('raced');
    if (made.prompts.some(({ provider }) => provider !== null)) await closePrompts(tx.store, made, now);
    await insertChallenge(tx.store, made, token);
    await logSuccess(tx, step.facts);
    return success(token);
  });
}

/** The client of a login, as its challenge keeps it. */
const remembered = ({ issuedTo }: FirstFactorProof) =>
  issuedTo && { client: { id: issuedTo.client.id, scope: issuedTo.scope } };

/** The key with which a login began, if its session ends with it. */
export const keyOfLogin = ({ proven }: FirstFactorProof) => keyIdForSession(proven.candidate.authenticator);

/** Continues with an earlier challenge, to which the request has the response. */
export async function resumePrompt(ctx: RequestContext, step: FirstFactorProof): Promise<Outcome<undefined, Reason>> {
  return withTransaction(ctx, async (tx) => {
    if (!(await spendFirstFactor(tx, step))) return refuse('raced');
    await logSuccess(tx, step.facts);
    return success(undefined);
  });
}

/** Refuses a login for which the user must enroll a factor first, and offers that enrollment. */
export async function requireEnrollment(
  ctx: RequestContext,
  step: FirstFactorProof,
  {
    enrolls,
    authConfigOrigin,
    mfaConfigOrigin,
  }: Pick<LoginNeeds, 'authConfigOrigin' | 'mfaConfigOrigin'> & { readonly enrolls: string },
): Promise<LoginRefusal> {
  const { user, authModule, facts } = step;
  const { amr } = step.proven.proof;
  const who = { userId: user.id, authModule, amr, epoch: user.epoch };
  const proven = { ...who, authConfigOrigin, mfaConfigOrigin, ...remembered(step) };
  const offered = await withTransaction(ctx, async (tx) => {
    if (!(await spendFirstFactor(tx, step))) return refuse('raced');
    return success(await offerEnrollment(tx, proven, enrolls));
  });
  const reason = offered.ok ? 'mfa_enrollment_required' : offered.reason;
  const about = { authConfigOrigin, mfaConfigOrigin, providerName: enrolls, factor: enrolls };
  await logRefusal(ctx, { ...facts, ...about, action: 'answer' }, reason);
  return offered.ok ? { ...refuse(reason), enrollment: offered.value } : offered;
}

/** Creates the session of a login that needs no second factor. */
export async function completeLogin(
  ctx: RequestContext,
  step: FirstFactorProof,
): Promise<Outcome<CompletedLogin, Reason>> {
  const { user, authModule, proven, issuedTo, policy } = step;
  const { amr } = proven.proof;
  const keyId = keyOfLogin(step);
  const input = { user, epoch: user.epoch, authModule, amr, issuedTo, keyId, policy, secondKinds: [] };
  const created = await withTransaction(ctx, async (tx) => {
    if (!(await spendFirstFactor(tx, step))) return refuse('raced');
    const session = await createSession(tx, input);
    await logSuccess(tx, { ...step.facts, sessionId: session.id });
    return success(session);
  });
  if (!created.ok) return created;
  const token = await issueToken(ctx, created.value, user.accountId);
  return success({ state: 'session', token, session: created.value, accountId: user.accountId });
}
