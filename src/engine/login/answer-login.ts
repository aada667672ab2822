import { refuse, success, type Success } from '../../base/outcome.ts';
import type { LoginChallenge } from '../../store/challenge-rows.ts';
import { findChallenge, findOpenChallenge } from '../../store/challenges.ts';
import type { CompletedLogin } from './login-outcome.ts';
import type { Completed, Passed, PassedApproval } from '../proof/complete-challenge.ts';
import type { ChallengeResponse } from '../proof/response.ts';
import { inTurn, type RequestContext } from '../context.ts';
import { offerEnrollment, type LoginRefusal } from '../session/offer-enrollment.ts';
import { logRefusal } from '../audit/log-attempt.ts';
import { verifyResponse } from '../proof/verify-response.ts';
import { issueToken } from '../session/issue-token.ts';
import { createSession } from '../session/create-session.ts';

/**
 * Judges the answer to a challenge and opens the session it stood for; who must enrol another factor first is refused with what lets them.
 * Of all the uses of a code, over whatever challenges and nodes, one wins.
 */
export async function answerLogin(
  ctx: RequestContext,
  input: ChallengeResponse,
): Promise<Success<CompletedLogin> | LoginRefusal> {
  // One at a time over one challenge: who comes second with the right code meets a spent challenge, and that is no failure.
  return inTurn(ctx, input.challengeToken ?? input.challengeId, async (turn) => {
    const open = await findOpen(turn, input);
    if (open?.challenge.kind !== 'login') {
      await logRefusal(turn, { action: 'answer', factor: input.kind ?? null }, 'invalid_challenge');
      return refuse('invalid_challenge');
    }
    const { challenge, user } = open;
    const judged = await verifyResponse(turn, { challenge, user, input, win: winLogin(challenge, input) });
    if (!judged.ok) return judged;
    const won = judged.value;
    if (won.type === 'enrollment') return { ...refuse('mfa_enrollment_required'), enrollment: won.offer };
    const token = await issueToken(turn.at(), won.session, user.accountId);
    return success({ state: 'session', token, session: won.session, accountId: user.accountId });
  });
}

/** A login that is proven opens its session, or lets the user enroll what they lack. */
function winLogin(challenge: LoginChallenge, { issuedTo }: ChallengeResponse) {
  return async (tx: RequestContext, passed: Passed): Promise<Success<LoginWon>> => {
    const login = { ...challenge, ...passed };
    if (challenge.enrolls !== null) {
      return success({ type: 'enrollment', offer: await offerEnrollment(tx, login, challenge.enrolls) });
    }
    return success({ type: 'session', session: await createSession(tx, { ...login, secondFactor: true, issuedTo }) });
  };
}

type LoginWon = Exclude<Completed, PassedApproval>;

async function findOpen({ store, now }: RequestContext, input: ChallengeResponse) {
  if (input.challengeToken !== undefined) return findOpenChallenge(store, input.challengeToken, now);
  const found = await findChallenge(store, input.challengeId, now);
  return found?.state === 'pending' ? found : undefined;
}
