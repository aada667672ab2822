import { refuse, success, type Outcome, type Success } from '../base/outcome.ts';
import { factorOf, factors } from '../factors/index.ts';
import { listForLogin } from '../store/authenticators.ts';
import type { Challenge, LoginChallenge } from '../store/challenge-rows.ts';
import { findOpenChallenge } from '../store/challenges.ts';
import { claimTry } from '../store/throttles.ts';
import type { CompletedLogin } from './after-first.ts';
import { answerPrompt } from './answer-prompt.ts';
import {
  complete,
  type ChallengeAnswer,
  type PassedApproval,
  type Completed,
  type Open,
  type Passed,
  type Proven,
  type SecondFactorReply,
} from './complete.ts';
import { inTurn, withTransaction, type RequestContext } from './context.ts';
import { offerEnrollment, type LoginRefusal } from './enroller.ts';
import { logRefusal } from './log-attempt.ts';
import { prove, spend, type Proof } from './prove.ts';
import type { Reason } from './reasons.ts';
import { issueToken, openSession } from './sessions.ts';

/**
 * Judges the answer to a challenge and opens the session it stood for; who must enrol another factor first is refused with what lets them.
 * Of all the uses of a code, over whatever challenges and nodes, one wins.
 */
export async function answer(
  ctx: RequestContext,
  input: ChallengeAnswer,
): Promise<Success<CompletedLogin> | LoginRefusal> {
  // One at a time over one challenge: who comes second with the right code meets a spent challenge, and that is no failure.
  return inTurn(ctx, input.challengeToken, async (turn) => {
    const open = await findOpenChallenge(turn.store, input.challengeToken, turn.now);
    if (open?.challenge.kind !== 'login') {
      const [kind] = kindsOfReply(input);
      if (kind === undefined) return refuse('malformed_reply');
      await logRefusal(turn, { action: 'answer', factor: kind }, 'invalid_challenge');
      return refuse('invalid_challenge');
    }
    const { challenge, user } = open;
    const judged = await judgeAnswer(turn, { challenge, user, input, win: winLogin(challenge, input) });
    if (!judged.ok) return judged;
    const won = judged.value;
    if (won.type === 'enrollment') return { ...refuse('mfa_enrollment_required'), enrollment: won.offer };
    const token = await issueToken(turn.at(), won.session, user.accountId);
    return success({ state: 'session', token, session: won.session, accountId: user.accountId });
  });
}

/** A login that is proven opens its session, or lets the user enroll what they lack. */
function winLogin(challenge: LoginChallenge, { issuedTo }: ChallengeAnswer) {
  return async (tx: RequestContext, passed: Passed): Promise<Success<LoginWon>> => {
    const login = { ...challenge, ...passed };
    if (challenge.enrolls !== null) {
      return success({ type: 'enrollment', offer: await offerEnrollment(tx, login, challenge.enrolls) });
    }
    return success({ type: 'session', session: await openSession(tx, { ...login, secondFactor: true, issuedTo }) });
  };
}

type LoginWon = Exclude<Completed, PassedApproval>;

/** Judges what was sent in answer to an open challenge, and completes it if that is right. */
export async function judgeAnswer<Won extends Completed>(
  ctx: RequestContext,
  { challenge, user, input, win }: Omit<Open<Won>, 'tried'>,
): Promise<Outcome<Won, Reason>> {
  const kinds = kindsOfReply(input);
  const { authModule, authConfigOrigin, mfaConfigOrigin, prompt } = challenge;
  if (kinds.length === 0 && !prompt) return refuse('malformed_reply');
  const origins = { authModule, authConfigOrigin, mfaConfigOrigin };
  const tried = { action: 'answer', accountId: user.accountId, userId: user.id, ...origins };
  const open = { challenge, user, input, tried, win };
  return inTurn(ctx, `${user.id}/answer`, async (turn) => {
    if (challenge.expiresAt <= turn.now) {
      await logRefusal(turn, { ...tried, factor: kinds[0] ?? null }, 'invalid_challenge');
      return refuse('invalid_challenge');
    }
    return prompt ? answerPrompt(turn, { ...open, prompt }) : answerOpen(turn, { ...open, kinds });
  });
}

type OwnOpen<Won extends Completed> = Open<Won> & {
  /** The kinds of factor whose replies look like this one. */
  readonly kinds: readonly string[];
};

async function answerOpen<Won extends Completed>(
  ctx: RequestContext,
  open: OwnOpen<Won>,
): Promise<Outcome<Won, Reason>> {
  const { challenge, user, kinds, input, tried } = open;
  const candidates = (await listForLogin(ctx.store, user.id, [])).filter(
    ({ kind }) => kinds.includes(kind) && answers(challenge, kind),
  );
  const [kind = ''] = candidates.length > 0 ? candidates.map((candidate) => candidate.kind) : kinds;
  const question = { subject: user.id, kind: kinds[0] ?? kind, candidates, reply: input.reply };
  let counted = kind;
  // One transaction, and so one wait for the disk: whoever guesses beside it waits for the end of this try before theirs is counted, and
  // nobody hears how it went before it is kept.
  const judged = await withTransaction(ctx, async (tx): Promise<Outcome<Outcome<Won, Reason>, Reason>> => {
    const proof = await prove(tx, question);
    // A wrong one is kept too: it counts.
    if (!proof.ok) return success(proof);
    counted = proof.value.counted;
    const completed = await complete(tx, open, proven(proof.value));
    return completed.ok ? success(completed) : completed;
  });
  // What was right and came to nothing was looked at as well, and its try went with all that was undone.
  if (!judged.ok) await claimTry(ctx.store, user.id, counted, ctx.now);
  const opened = judged.ok ? judged.value : judged;
  if (!opened.ok) await logRefusal(ctx, { ...tried, factor: kind }, opened.reason);
  return opened;
}

function proven(proof: Proof): Proven {
  const { kind } = proof.authenticator;
  return {
    kind,
    traits: factorOf(kind).traits,
    spend: async (tx) => ((await spend(tx, proof)) ? undefined : 'raced'),
  };
}

/**
 * Whether a challenge may be answered with a kind of factor. What stands in for a second factor stands in for each; for a provider's own
 * word nothing does.
 */
export function answers(challenge: Challenge, kind: string): boolean {
  const { kinds, prompt } = challenge;
  if (prompt) return false;
  // Turning everything off is what a login can do, and nothing that is asked of somebody who is in.
  if (challenge.kind !== 'login' && factorOf(kind).traits.disablesMfa) return false;
  return kinds === null || kinds.includes(kind) || factorOf(kind).traits.role === 'recovery';
}

/** The kinds of factor a reply has the form of, among those that complete a login. */
function kindsOfReply({ reply, role, kind: meant }: SecondFactorReply): readonly string[] {
  return Object.values(factors)
    .filter(({ traits }) => (role === undefined ? traits.role !== 'first' : traits.role === role))
    .filter(({ kind }) => meant === undefined || kind === meant)
    .filter(({ reply: form }) => form.safeParse(reply).success)
    .map(({ kind }) => kind);
}
