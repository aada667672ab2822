import { second } from '../../base/clock.ts';
import { refuse, success, type Refusal, type Success } from '../../base/outcome.ts';
import { factorOf } from '../../factors/registry.ts';
import type { Admitted } from './login-outcome.ts';
import { answerLogin } from './answer-login.ts';
import type { SecondFactorResponse } from '../proof/response.ts';
import { inTurn, type Context, type RequestContext } from '../context.ts';
import type { LoginRefusal } from '../session/offer-enrollment.ts';
import { login, type LoginInput } from './login.ts';
import type { Reason } from '../reasons.ts';
import { awaitsCode, sendCode } from '../proof/send-code.ts';

export type BothFactorsLogin = LoginInput & {
  /** The second factor, if the client has it already. */
  readonly second?: Pick<SecondFactorResponse, 'response' | 'role' | 'kind'> | undefined;
};

/** A refusal. If a code could not be sent, `asked` is the kind of its factor. */
export type RefusedLogin = LoginRefusal & { readonly failedKind?: string };

/**
 * A login with both factors in one request, for APIs without a state between requests. If a second factor is needed but
 * not in the request, a code is sent if the user's first second factor is one whose codes are sent.
 */
export async function loginWithBothFactors(
  ctx: RequestContext,
  { second: secondFactor, ...input }: BothFactorsLogin,
): Promise<Success<Admitted> | RefusedLogin> {
  if (!secondFactor) return sendFirstCode(ctx, await login(ctx, input));
  const first = await login(ctx, { ...input, response: secondFactor.response });
  if (!first.ok) return first;
  const { value } = first;
  if (value.state === 'session') return success(value);
  const which =
    value.state === 'resumed' ? { challengeId: value.challengeId } : { challengeToken: value.challengeToken };
  const answered = await answerLogin(ctx, { ...secondFactor, ...which, issuedTo: input.issuedTo });
  const shownReasons = ['throttled', 'mfa_enrollment_required'];
  return answered.ok || shownReasons.includes(answered.reason) ? answered : refuse('wrong_second_factor');
}

async function sendFirstCode(
  ctx: RequestContext,
  first: Success<Admitted> | LoginRefusal,
): Promise<Success<Admitted> | RefusedLogin> {
  if (!first.ok || first.value.state === 'session') return first;
  const { challengeToken, anyOf } = first.value;
  const [asked] = anyOf;
  if (!asked || !factorOf(asked.kind).traits.sends) return first;
  // One at a time: the second of two simultaneous requests finds the code that the first one sent.
  return inTurn(ctx, `${asked.userId}/send`, async (turn) => {
    const sent = await sendCode(turn, { challenge: challengeToken, authenticatorId: asked.id });
    if (sent.ok) return first;
    // A code that was sent shortly before may still be valid; but the last message may have failed or been for another
    // user.
    if (isShortWait(turn, sent) && (await awaitsCode(turn, asked))) return first;
    return { ...refuse(sent.reason, sent.retryAfter), failedKind: asked.kind };
  });
}

/** Whether the limit is the time between two messages, and not the number per day. */
function isShortWait({ settings }: Context, { reason, retryAfter = 0 }: Refusal<Reason>): boolean {
  return reason === 'send_limited' && retryAfter * second <= settings.sending.every;
}
