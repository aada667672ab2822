import { refuse, success, type Outcome, type Refusal } from '../../base/outcome.ts';
import type { Binding } from '../../factors/factor.ts';
import { factorOf } from '../../factors/registry.ts';
import type { Challenge } from '../../store/challenge-rows.ts';
import { claimTry, releaseTry } from '../../store/throttles.ts';
import { candidatesOf, looksLikeRecovery, readResponse, type Responding } from './candidates.ts';
import { completeChallenge, type Completed, type OpenChallenge } from './complete-challenge.ts';
import { forLogin, inTurn, withTransaction, type RequestContext } from '../context.ts';
import { logRefusal } from '../audit/log-attempt.ts';
import { prove, type VerificationInput } from './prove.ts';
import type { Reason } from '../reasons.ts';

/**
 * Verifies the response to an open challenge, and completes the challenge if it is right. All responses are verified
 * here.
 */
export async function verifyResponse<Result extends Completed>(
  ctx: RequestContext,
  given: Omit<OpenChallenge<Result>, 'facts'>,
): Promise<Outcome<Result, Reason>> {
  const { challenge, user, input } = given;
  return inTurn(ctx, `${user.id}/answer`, async (turn) => {
    const candidates = await candidatesOf(turn, challenge, input);
    const { responding, kinds } = readResponse(candidates, input.response);
    const [kind = candidates[0]?.kind ?? input.kind ?? null] = [...responding.map((one) => one.kind), ...kinds];
    const open = { ...given, facts: { ...triedAt(given), factor: kind } };
    if (challenge.expiresAt <= turn.now) return declined(turn, open, refuse('invalid_challenge'));
    if (responding.length === 0) {
      const isMalformed = candidates.length > 0 && kinds.length === 0 && !looksLikeRecovery(input);
      return isMalformed ? refuse('malformed_reply') : declined(turn, open, refuse('no_authenticator'));
    }
    const [fast, slow] = [onlyOf(responding, 'fast'), onlyOf(responding, 'slow')];
    const first = fast.length > 0 ? await respondFast(turn, open, fast) : undefined;
    if (first && (slow.length === 0 || !first.missed)) return declined(turn, open, first.completed);
    const second = await respondSlow(turn, open, { ...questionOf(open, slow), missed: first?.missed ?? [] });
    // If the slow factors are throttled, the result of the fast ones is returned.
    const isThrottled = !second.ok && second.reason === 'throttled';
    return declined(turn.at(), open, isThrottled && first ? first.completed : second);
  });
}

function triedAt({ challenge, user }: Pick<OpenChallenge, 'challenge' | 'user'>) {
  const { authModule, authConfigOrigin, mfaConfigOrigin } = challenge;
  const who = { accountId: user.accountId, userId: user.id };
  return { action: 'answer', ...who, authModule, authConfigOrigin, mfaConfigOrigin };
}

type FastResult<Result extends Completed> = {
  readonly completed: Outcome<Result, Reason>;
  /** The kinds under which a failure was counted. If it is set, slow factors may still verify the response. */
  readonly missed?: readonly string[];
};

const onlyOf = (responding: readonly Responding[], speed: 'fast' | 'slow') =>
  responding.filter(({ kind }) => factorOf(kind).traits.verifies === speed);

/**
 * Counts the try, verifies and completes in one transaction, which needs a single commit. A simultaneous guess waits
 * for its end.
 */
async function respondFast<Result extends Completed>(
  ctx: RequestContext,
  open: OpenChallenge<Result>,
  candidates: readonly Responding[],
): Promise<FastResult<Result>> {
  const question = questionOf(open, candidates);
  let counted: string | undefined;
  const verified = await withTransaction(ctx, async (tx): Promise<Outcome<FastResult<Result>, Reason>> => {
    const { outcome: proven, missed } = await prove(tx, question);
    // A success here, so that the transaction commits and the failure stays counted.
    if (!proven.ok) return success({ completed: proven, missed });
    ({ counted } = proven.value);
    const completed = await completeChallenge(tx, open, proven.value);
    return completed.ok ? success({ completed }) : completed;
  });
  // The response was verified, but the rollback has also undone its try, so it is counted again, unless it was right and
  // policy alone refuses it.
  if (counted !== undefined && !verified.ok && !isPolicy(verified)) {
    await claimTry(ctx.store, open.user.id, counted, ctx.now);
  }
  return verified.ok ? verified.value : { completed: verified };
}

/** Counts the try in its own transaction, so that no lock is held while the factor hashes or calls a provider. */
async function respondSlow<Result extends Completed>(
  ctx: RequestContext,
  open: OpenChallenge<Result>,
  question: VerificationInput,
): Promise<Outcome<Result, Reason>> {
  const { outcome: proven } = await prove(ctx, question);
  if (!proven.ok) return proven;
  const completed = await withTransaction(ctx.at(), (tx) => completeChallenge(tx, open, proven.value));
  if (!completed.ok && isPolicy(completed)) await releaseTry(ctx.store, open.user.id, proven.value.counted);
  return completed;
}

/** The refusal of a right response by the policy of the moment. */
const isPolicy = ({ reason }: Refusal<Reason>) => reason === 'invalid_challenge';

function questionOf(
  { challenge, user }: Pick<OpenChallenge, 'challenge' | 'user'>,
  candidates: readonly Responding[],
): VerificationInput {
  return { subject: user.id, user, binding: bindingOf(challenge), candidates };
}

/** The purpose that a proof is bound to. It is not accepted for any other. */
export function bindingOf(challenge: Pick<Challenge, 'id' | 'kind'> & { readonly action?: string | null }): Binding {
  const { id: challengeId, kind, action = null } = challenge;
  return kind === 'service' || kind === 'step_up' ? { purpose: kind, challengeId, action } : forLogin.binding;
}

/** Logs a refusal, and removes its detail, which is for the audit log only. */
async function declined<Result extends Completed>(
  ctx: RequestContext,
  { facts }: Pick<OpenChallenge, 'facts'>,
  outcome: Outcome<Result, Reason>,
): Promise<Outcome<Result, Reason>> {
  if (outcome.ok) return outcome;
  const { reason, retryAfter, detail } = outcome;
  await logRefusal(ctx, { ...facts, ...(detail !== undefined && { detail }) }, reason);
  return refuse(reason, retryAfter);
}
