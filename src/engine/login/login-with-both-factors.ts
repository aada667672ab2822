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
  /** The second factor, where the client has it already. */
  readonly second?: Pick<SecondFactorResponse, 'response' | 'role' | 'kind'> | undefined;
};

/** A refusal; where a code could not be sent, with the kind of factor that it was for. */
export type RefusedLogin = LoginRefusal & { readonly asked?: string };

/**
 * A login of which both factors come in one request, as they do in dialects that keep no state between two. Where the second is needed and
 * did not come, the user's first one is asked for, and its code is sent if it is one that is sent.
 */
export async function loginWithBothFactors(
  ctx: RequestContext,
  { second: brought, ...input }: BothFactorsLogin,
): Promise<Success<Admitted> | RefusedLogin> {
  if (!brought) return sendFirst(ctx, await login(ctx, input));
  const first = await login(ctx, { ...input, response: brought.response });
  if (!first.ok) return first;
  const { value } = first;
  if (value.state === 'session') return success(value);
  const which =
    value.state === 'resumed' ? { challengeId: value.challengeId } : { challengeToken: value.challengeToken };
  const answered = await answerLogin(ctx, { ...brought, ...which, issuedTo: input.issuedTo });
  const told = ['throttled', 'mfa_enrollment_required'];
  return answered.ok || told.includes(answered.reason) ? answered : refuse('wrong_second_factor');
}

async function sendFirst(
  ctx: RequestContext,
  first: Success<Admitted> | LoginRefusal,
): Promise<Success<Admitted> | RefusedLogin> {
  if (!first.ok || first.value.state === 'session') return first;
  const { challengeToken, anyOf } = first.value;
  const [asked] = anyOf;
  if (!asked || !factorOf(asked.kind).traits.sends) return first;
  // In turns: who asks twice at once learns of the message that the first of them sent.
  return inTurn(ctx, `${asked.userId}/send`, async (turn) => {
    const sent = await sendCode(turn, { challenge: challengeToken, authenticatorId: asked.id });
    if (sent.ok) return first;
    // The destination may have had a message that was somebody else's, or one that no gateway took.
    if (isBrief(turn, sent) && (await awaitsCode(turn, asked))) return first;
    return { ...refuse(sent.reason, sent.retryAfter), asked: asked.kind };
  });
}

/** Told to wait for the next message, and not for the next day. */
function isBrief({ settings }: Context, { reason, retryAfter = 0 }: Refusal<Reason>): boolean {
  return reason === 'send_limited' && retryAfter * second <= settings.sending.every;
}
