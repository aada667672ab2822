import { minute } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { CodeMessage, Prompted } from '../../factors/factor.ts';
import { factorOf } from '../../factors/registry.ts';
import { mayReach } from '../../messages/destinations.ts';
import { replaceState, type Authenticator } from '../../store/authenticators.ts';
import { listForLogin } from '../../store/login-authenticators.ts';
import type { Challenge, ChallengeWithUser } from '../../store/challenge-rows.ts';
import { findOpenChallenge } from '../../store/challenges.ts';
import { replacePrompt } from '../../store/prompts.ts';
import { failuresOf } from '../../store/throttles.ts';
import { findUser } from '../../store/users.ts';
import { mayAnswer } from './candidates.ts';
import { factorContext, forLogin, type RequestContext } from '../context.ts';
import { logRefusal, logSuccess } from '../audit/log-attempt.ts';
import type { PromptPurpose } from './issue-prompts.ts';
import type { Reason } from '../reasons.ts';
import { claimLoginCode } from './sending-limits.ts';
import { bindingOf } from './verify-response.ts';
import { settingsInForce } from '../policy/settings-in-force.ts';

export type Sending = {
  /** The token of a challenge, or a challenge that the actor may use. */
  readonly challenge: string | ChallengeWithUser;
  /** One of the authenticators that may answer it; the first when absent. */
  readonly authenticatorId?: string | undefined;
};

export type SentTo = {
  readonly hint: string | undefined;
  /** When the code expires, in milliseconds since the Unix epoch. */
  readonly expiresAt: number;
};

/** Sends a code for a challenge, within the limits on messages. */
export async function sendCode(ctx: RequestContext, input: Sending): Promise<Outcome<SentTo, Reason>> {
  const open =
    typeof input.challenge === 'string'
      ? await findOpenChallenge(ctx.store, input.challenge, ctx.now)
      : input.challenge;
  if (!open) return refuse('invalid_challenge');
  const { challenge, user } = open;
  const sendable = (await listForLogin(ctx.store, user.id)).filter(
    ({ kind }) => factorOf(kind).traits.sends && mayAnswer(challenge, kind),
  );
  const chosen = sendable.find(({ id }) => id === (input.authenticatorId ?? sendable[0]?.id));
  if (!chosen) return refuse('not_found');

  const facts = { action: 'send', factor: chosen.kind, authModule: challenge.authModule };
  const who = { accountId: user.accountId, userId: user.id };
  const { kind } = chosen;
  const claim = (message: CodeMessage) => claimLoginCode(ctx, message);
  const settings = await settingsInForce(ctx, { kind, accountId: user.accountId });
  const about = { user, binding: bindingOf(challenge), ...(await limitsOf(ctx, challenge)) };
  const sent = settings.ok ? await deliver(ctx, { ...chosen, ...about, settings: settings.value, claim }) : settings;
  // The gateway may have taken seconds to respond.
  const present = ctx.at();
  const outcome = sent.ok ? await keepCode(present, { challenge, chosen }, sent.value) : sent;
  if (outcome.ok) await logSuccess(present, { ...facts, ...who });
  else await logRefusal(present, { ...facts, ...who }, outcome.reason);
  return outcome;
}

/** The code of a service's or a session's challenge names the service, and expires with the challenge. */
async function limitsOf(
  { store }: RequestContext,
  challenge: Challenge,
): Promise<Pick<Sendable, 'requestedBy' | 'until'>> {
  if (challenge.kind === 'step_up') return { until: challenge.expiresAt };
  if (challenge.kind !== 'service') return {};
  const service = await findUser(store, challenge.serviceId);
  return { until: challenge.expiresAt, requestedBy: service?.name };
}

/** Stores the code where its challenge finds it, unless another request was first. */
async function keepCode(
  { store, now }: RequestContext,
  { challenge, chosen }: { readonly challenge: Challenge; readonly chosen: Authenticator },
  { prompt, memo, next, expiresAt }: DeliveredCode,
): Promise<Outcome<SentTo, Reason>> {
  const { kind } = chosen;
  const hint = hintOf(chosen);
  if (next)
    return (await replaceState(store, chosen, next.state, now)) ? success({ hint, expiresAt }) : refuse('raced');
  const place = { challengeId: challenge.id, before: challenge.prompts.find((one) => one.kind === kind), now };
  const isStored = await replacePrompt(store, place, { kind, provider: null, shown: prompt, memo, expiresAt });
  return isStored ? success({ hint, expiresAt: Math.min(expiresAt, challenge.expiresAt) }) : refuse('raced');
}

/** Whether a code that was sent for an authenticator earlier can still answer a login. */
export async function awaitsCode(ctx: RequestContext, { id, kind, userId }: Authenticator): Promise<boolean> {
  const present = (await listForLogin(ctx.store, userId)).find((one) => one.id === id);
  const failures = await failuresOf(ctx.store, userId, kind);
  const given = present && { state: present.state, memo: undefined };
  return (
    given !== undefined && (factorOf(kind).isOpen?.(given, factorContext(ctx, { ...forLogin, failures })) ?? false)
  );
}

export type Sendable = PromptPurpose &
  Pick<Authenticator, 'id' | 'kind' | 'state'> & {
    /** The current settings of the factor. */
    readonly settings: unknown;
    /** The kind under which failures with the code are counted; by default its own. */
    readonly counted?: string;
    /** The name of the service whose challenge it is. */
    readonly requestedBy?: string | undefined;
    /** When the challenge expires that alone takes the code, in milliseconds since the Unix epoch. */
    readonly until?: number;
    /** Counts the message against its limits, just before it is sent. */
    readonly claim: (message: CodeMessage) => Promise<Outcome<undefined, Reason>>;
  };

/** A code that was sent, and what stores it. */
type DeliveredCode = Pick<Prompted, 'prompt' | 'memo' | 'next'> & Pick<SentTo, 'expiresAt'>;

/**
 * Makes a code for an authenticator and sends it. Returns the state or the memo with the code, which the caller writes:
 * a code becomes valid only after a gateway has accepted its message.
 */
export async function deliver(
  ctx: RequestContext,
  { user, binding, id, kind, state, settings, counted = kind, requestedBy, until = Infinity, claim }: Sendable,
): Promise<Outcome<DeliveredCode, Reason>> {
  const failures = await failuresOf(ctx.store, user.id, counted);
  const about = { binding, failures, user: { id: user.id, name: user.name } };
  const given = { settings, candidates: [{ id, state }] };
  const prompted = await factorOf(kind).prompt?.(given, factorContext(ctx, about));
  if (prompted?.ok === false) return prompted;
  if (!prompted?.value.message) return refuse('no_authenticator');
  const { message, ...kept } = prompted.value;
  if (!ctx.messenger.channels().includes(message.channel)) return refuse('no_gateway');
  if (message.countries && !mayReach(message.to, message.countries)) return refuse('not_allowed');
  const claimed = await claim(message);
  if (!claimed.ok) return claimed;
  const { channel, to, code, life } = message;
  const { service, host } = ctx.settings;
  const audience = { account: user.accountId, language: ctx.client.language };
  const expiresAt = ctx.now + life;
  const minutes = Math.ceil((Math.min(expiresAt, until) - ctx.now) / minute);
  const asked = { requestedBy, action: 'action' in binding ? binding.action : null };
  const text = ctx.texts.code(channel, { code, service, host, minutes, ...asked }, audience);
  const sent = await ctx.messenger.send({ channel, to, ...text });
  return sent.ok ? success({ ...kept, expiresAt }) : sent;
}

/** The masked destination of an authenticator's codes, which may be shown before the second factor is proven. */
export function hintOf({ kind, state }: Pick<Authenticator, 'kind' | 'state'>): string | undefined {
  return factorOf(kind).describe?.(state).hint;
}
