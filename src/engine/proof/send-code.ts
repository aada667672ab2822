import { minute } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { Held, CodeMessage } from '../../factors/factor.ts';
import { factorOf } from '../../factors/registry.ts';
import { mayReach } from '../../messages/destinations.ts';
import { listForLogin, replaceState, type Authenticator } from '../../store/authenticators.ts';
import type { ChallengeWithUser } from '../../store/challenge-rows.ts';
import { findOpenChallenge } from '../../store/challenges.ts';
import { failuresOf } from '../../store/throttles.ts';
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

export type SentTo = { readonly hint: string | undefined };

/** Sends a code for a challenge, within the limits on messages. */
export async function sendCode(ctx: RequestContext, input: Sending): Promise<Outcome<SentTo, Reason>> {
  const open =
    typeof input.challenge === 'string'
      ? await findOpenChallenge(ctx.store, input.challenge, ctx.now)
      : input.challenge;
  if (!open) return refuse('invalid_challenge');
  const { challenge, user } = open;
  const sendable = (await listForLogin(ctx.store, user.id, [])).filter(
    ({ kind }) => factorOf(kind).traits.sends && mayAnswer(challenge, kind),
  );
  const chosen = sendable.find(({ id }) => id === (input.authenticatorId ?? sendable[0]?.id));
  if (!chosen) return refuse('not_found');

  const facts = { action: 'send', factor: chosen.kind, authModule: challenge.authModule };
  const who = { accountId: user.accountId, userId: user.id };
  const { kind } = chosen;
  const claim = (message: CodeMessage) => claimLoginCode(ctx, message);
  const settings = await settingsInForce(ctx, { kind, accountId: user.accountId });
  const sent = settings.ok
    ? await deliver(ctx, { ...chosen, user, binding: bindingOf(challenge), settings: settings.value, claim })
    : settings;
  // The gateway may have taken seconds to respond.
  const present = ctx.at();
  const isStored = sent.ok ? await replaceState(ctx.store, chosen, sent.value.state, present.now) : false;
  const outcome = !sent.ok ? sent : isStored ? success({ hint: hintOf(chosen) }) : refuse('raced' as const);
  if (outcome.ok) await logSuccess(present, { ...facts, ...who });
  else await logRefusal(present, { ...facts, ...who }, outcome.reason);
  return outcome;
}

/** Whether a code that was sent for an authenticator earlier can still be used. */
export async function awaitsCode(ctx: RequestContext, { id, kind, userId }: Authenticator): Promise<boolean> {
  const present = (await listForLogin(ctx.store, userId, [])).find((one) => one.id === id);
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
    /** Counts the message against its limits, just before it is sent. */
    readonly claim: (message: CodeMessage) => Promise<Outcome<undefined, Reason>>;
  };

/**
 * Makes a code for an authenticator and sends it. Returns the state with the code, which the caller writes: a code
 * becomes valid only after a gateway has accepted its message.
 */
export async function deliver(
  ctx: RequestContext,
  { user, binding, id, kind, state, settings, counted = kind, claim }: Sendable,
): Promise<Outcome<Held, Reason>> {
  const failures = await failuresOf(ctx.store, user.id, counted);
  const about = { binding, failures, user: { id: user.id, name: user.name } };
  const given = { settings, candidates: [{ id, state }] };
  const prompted = await factorOf(kind).prompt?.(given, factorContext(ctx, about));
  if (prompted?.ok === false) return prompted;
  const { message, next } = prompted?.value ?? {};
  if (!message || !next) return refuse('no_authenticator');
  if (!ctx.messenger.channels().includes(message.channel)) return refuse('no_gateway');
  if (message.countries && !mayReach(message.to, message.countries)) return refuse('not_allowed');
  const claimed = await claim(message);
  if (!claimed.ok) return claimed;
  const { channel, to, code, life } = message;
  const { service, host } = ctx.settings;
  const audience = { account: user.accountId, language: ctx.client.language };
  const text = ctx.texts.code(channel, { code, service, host, minutes: life / minute }, audience);
  const sent = await ctx.messenger.send({ channel, to, ...text });
  return sent.ok ? success(next) : sent;
}

/** The masked destination of an authenticator's codes, which may be shown before the second factor is proven. */
export function hintOf({ kind, state }: Pick<Authenticator, 'kind' | 'state'>): string | undefined {
  return factorOf(kind).describe?.(state).hint;
}
