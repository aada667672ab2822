import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { Binding } from '../../factors/factor.ts';
import { factorOf } from '../../factors/registry.ts';
import type { Challenge } from '../../store/challenge-rows.ts';
import { claimTry } from '../../store/throttles.ts';
import { candidatesOf, looksLikeRecovery, reading, type Responding } from './candidates.ts';
import { completeChallenge, type Completed, type Open } from './complete-challenge.ts';
import { forLogin, inTurn, withTransaction, type RequestContext } from '../context.ts';
import { logRefusal } from '../audit/log-attempt.ts';
import { prove, type VerificationInput } from './prove.ts';
import type { Reason } from '../reasons.ts';

/** Judges a response to an open challenge, and completes it if that is right. The one path of every response. */
export async function verifyResponse<Won extends Completed>(
  ctx: RequestContext,
  given: Omit<Open<Won>, 'tried'>,
): Promise<Outcome<Won, Reason>> {
  const { challenge, user, input } = given;
  return inTurn(ctx, `${user.id}/answer`, async (turn) => {
    const candidates = await candidatesOf(turn, challenge, input);
    const { responding, kinds } = reading(candidates, input.response);
    const [kind = candidates[0]?.kind ?? input.kind ?? null] = [...responding.map((one) => one.kind), ...kinds];
    const open = { ...given, tried: { ...triedAt(given), factor: kind } };
    if (challenge.expiresAt <= turn.now) return declined(turn, open, refuse('invalid_challenge'));
    if (responding.length === 0) {
      const isFormless = candidates.length > 0 && kinds.length === 0 && !looksLikeRecovery(input);
      return isFormless ? refuse('malformed_reply') : declined(turn, open, refuse('no_authenticator'));
    }
    const [fast, slow] = [onlyOf(responding, 'fast'), onlyOf(responding, 'slow')];
    const first = fast.length > 0 ? await respondFast(turn, open, fast) : undefined;
    if (first && (slow.length === 0 || !first.missed)) return declined(turn, open, first.completed);
    const second = await respondSlow(turn, open, { ...questionOf(open, slow), missed: first?.missed ?? [] });
    // That nothing more was verified hides no verdict.
    const isThrottled = !second.ok && second.reason === 'throttled';
    return declined(turn.at(), open, isThrottled && first ? first.completed : second);
  });
}

function triedAt({ challenge, user }: Pick<Open, 'challenge' | 'user'>) {
  const { authModule, authConfigOrigin, mfaConfigOrigin } = challenge;
  const who = { accountId: user.accountId, userId: user.id };
  return { action: 'answer', ...who, authModule, authConfigOrigin, mfaConfigOrigin };
}

type Fast<Won extends Completed> = {
  readonly completed: Outcome<Won, Reason>;
  /** The kinds under which tries were claimed, where the response was none of theirs: others may still be tried. */
  readonly missed?: readonly string[];
};

const onlyOf = (responding: readonly Responding[], speed: 'fast' | 'slow') =>
  responding.filter(({ kind }) => factorOf(kind).traits.verifies === speed);

/**
 * In one transaction, and so with one wait for the disk: a guess at the same time waits for the end of this try before it is counted, and no
 * answer leaves before it is kept.
 */
async function respondFast<Won extends Completed>(
  ctx: RequestContext,
  open: Open<Won>,
  candidates: readonly Responding[],
): Promise<Fast<Won>> {
  const question = questionOf(open, candidates);
  let counted: string | undefined;
  const judged = await withTransaction(ctx, async (tx): Promise<Outcome<Fast<Won>, Reason>> => {
    const { outcome: proven, missed } = await prove(tx, question);
    // A wrong one is kept too: it counts.
    if (!proven.ok) return success({ completed: proven, missed });
    ({ counted } = proven.value);
    const completed = await completeChallenge(tx, open, proven.value);
    return completed.ok ? success({ completed }) : completed;
  });
  // What was right and came to nothing was verified as well, and its try went with all that was undone.
  if (counted !== undefined && !judged.ok) await claimTry(ctx.store, open.user.id, counted, ctx.now);
  return judged.ok ? judged.value : { completed: judged };
}

/** The claim commits by itself, and nothing is held while the factor hashes or calls somebody. */
async function respondSlow<Won extends Completed>(
  ctx: RequestContext,
  open: Open<Won>,
  question: VerificationInput,
): Promise<Outcome<Won, Reason>> {
  const { outcome: proven } = await prove(ctx, question);
  return proven.ok ? withTransaction(ctx.at(), (tx) => completeChallenge(tx, open, proven.value)) : proven;
}

function questionOf(
  { challenge, user }: Pick<Open, 'challenge' | 'user'>,
  candidates: readonly Responding[],
): VerificationInput {
  return { subject: user.id, user, binding: bindingOf(challenge), candidates };
}

/** What a proof is for, and good for nothing else. */
export function bindingOf(challenge: Pick<Challenge, 'id' | 'kind'> & { readonly action?: string | null }): Binding {
  const { id: challengeId, kind, action = null } = challenge;
  return kind === 'service' || kind === 'step_up' ? { purpose: kind, challengeId, action } : forLogin.binding;
}

/** Logs a refusal. Its detail is for the log alone. */
async function declined<Won extends Completed>(
  ctx: RequestContext,
  { tried }: Pick<Open, 'tried'>,
  outcome: Outcome<Won, Reason>,
): Promise<Outcome<Won, Reason>> {
  if (outcome.ok) return outcome;
  const { reason, retryAfter, detail } = outcome;
  await logRefusal(ctx, { ...tried, ...(detail !== undefined && { detail }) }, reason);
  return refuse(reason, retryAfter);
}
