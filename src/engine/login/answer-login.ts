import { refuse, success, type Success } from '../../base/outcome.ts';
import type { LoginChallenge } from '../../store/challenge-rows.ts';
import { findChallenge, findOpenChallenge } from '../../store/challenges.ts';
import type { CompletedLogin } from './login-outcome.ts';
import type { Completed, Passed, PassedApproval } from '../proof/complete-challenge.ts';
import type { ChallengeResponse } from '../proof/response.ts';
import { inTurn, type RequestContext } from '../context.ts';
import { offerEnrollment, type LoginRefusal } from '../session/offer-enrollment.ts';
import { verifyResponse } from '../proof/verify-response.ts';
import { issueToken } from '../session/issue-token.ts';
import { issuedToOf } from '../session/issued-to.ts';
import { createSession, type IssuedTo } from '../session/create-session.ts';

/**
 * Verifies the response to the challenge of a login and creates its session, or refuses with an offer if the user must
 * enroll a factor first. A code is accepted once, over all challenges and nodes.
 */
export async function answerLogin(
  ctx: RequestContext,
  input: ChallengeResponse,
): Promise<Success<CompletedLogin> | LoginRefusal> {
  // One response at a time: a second request with the right code finds the challenge closed, which does not count as a
  // failure.
  return inTurn(ctx, input.challengeToken ?? input.challengeId, async (turn) => {
    const open = await findOpen(turn, input);
    // Not logged: anybody can send any number of tokens that are none.
    if (open?.challenge.kind !== 'login') return refuse('invalid_challenge');
    const { challenge, user } = open;
    const issuedTo = await issuedToOf(turn, challenge, input.issuedTo);
    if (!issuedTo.ok) return issuedTo;
    const onPassed = completeLogin(challenge, issuedTo.value);
    const verified = await verifyResponse(turn, { challenge, user, input, onPassed });
    if (!verified.ok) return verified;
    const login = verified.value;
    if (login.type === 'enrollment') return { ...refuse('mfa_enrollment_required'), enrollment: login.offer };
    const token = await issueToken(turn.at(), login.session, user.accountId);
    return success({ state: 'session', token, session: login.session, accountId: user.accountId });
  });
}

/** Creates the session of a login whose challenge was passed, or the offer to enroll a factor first. */
function completeLogin(challenge: LoginChallenge, issuedTo: IssuedTo | undefined) {
  return async (tx: RequestContext, passed: Passed): Promise<Success<LoginResult>> => {
    const login = { ...challenge, ...passed };
    if (challenge.enrolls !== null) {
      return success({ type: 'enrollment', offer: await offerEnrollment(tx, login, challenge.enrolls) });
    }
    return success({ type: 'session', session: await createSession(tx, { ...login, issuedTo }) });
  };
}

type LoginResult = Exclude<Completed, PassedApproval>;

async function findOpen({ store, now }: RequestContext, input: ChallengeResponse) {
  if (input.challengeToken !== undefined) return findOpenChallenge(store, input.challengeToken, now);
  const found = await findChallenge(store, input.challengeId, now);
  return found?.state === 'pending' ? found : undefined;
}
