import { minute } from '../base/clock.ts';
import { refuse, success, type Outcome } from '../base/outcome.ts';
import { factorOf } from '../factors/index.ts';
import type { Asked, CodeMessage } from '../factors/factor.ts';
import { countriesIn } from '../factors/providers.ts';
import { hint, mayReach } from '../messages/destinations.ts';
import { listForLogin, replaceState, type Authenticator } from '../store/authenticators.ts';
import type { ChallengeWithUser } from '../store/challenge-rows.ts';
import { findOpenChallenge } from '../store/challenges.ts';
import { listProvidersDownTo } from '../store/providers.ts';
import { failuresOf } from '../store/throttles.ts';
import type { User } from '../store/users.ts';
import { answers } from './answer.ts';
import { helpAt, type RequestContext } from './context.ts';
import { logRefusal, logSuccess } from './log-attempt.ts';
import type { Reason } from './reasons.ts';
import { claimLoginCode } from './send-shares.ts';

export type Sending = {
  /** The token of a challenge, or the challenge itself where who asks has reached it. */
  readonly challenge: string | ChallengeWithUser;
  /** Which of the challenge's authenticators; the first when absent. */
  readonly authenticatorId?: string | undefined;
};

export type SentTo = { readonly hint: string | undefined };

/** Sends a code that answers a challenge. Refused while the destination has had its share of messages. */
export async function sendCode(ctx: RequestContext, input: Sending): Promise<Outcome<SentTo, Reason>> {
  const open =
    typeof input.challenge === 'string'
      ? await findOpenChallenge(ctx.store, input.challenge, ctx.now)
      : input.challenge;
  if (!open) return refuse('invalid_challenge');
  const { challenge, user } = open;
  const sendable = (await listForLogin(ctx.store, user.id, [])).filter(
    ({ kind }) => factorOf(kind).send && answers(challenge, kind),
  );
  const chosen = sendable.find(({ id }) => id === (input.authenticatorId ?? sendable[0]?.id));
  if (!chosen) return refuse('not_found');

  const tried = { action: 'send', factor: chosen.kind, authModule: challenge.authModule };
  const who = { accountId: user.accountId, userId: user.id };
  const claim = (message: CodeMessage) => claimLoginCode(ctx, message);
  const sent = await deliver(ctx, user, { ...chosen, claim });
  // The gateway may have taken long.
  const present = ctx.at();
  const kept = sent.ok ? await replaceState(ctx.store, chosen, sent.value.state, present.now) : false;
  const outcome = !sent.ok ? sent : kept ? success({ hint: hintOf(chosen) }) : refuse('raced' as const);
  if (outcome.ok) await logSuccess(present, { ...tried, ...who });
  else await logRefusal(present, { ...tried, ...who }, outcome.reason);
  return outcome;
}

/** Whether a code that was sent for an authenticator before still answers a challenge. */
export async function awaitsCode(ctx: RequestContext, { id, kind, userId }: Authenticator): Promise<boolean> {
  const present = (await listForLogin(ctx.store, userId, [])).find((one) => one.id === id);
  const failures = await failuresOf(ctx.store, userId, kind);
  const help = { ...helpAt(ctx), failures };
  return present !== undefined && (factorOf(kind).awaits?.(present.state, help) ?? false);
}

export type Sendable = Pick<Authenticator, 'kind' | 'state'> & {
  /** The kind under which failures with the code will be counted, where it is not its own. */
  readonly counted?: string;
  /** Takes the message out of its share, just before it is sent. */
  readonly claim: (message: CodeMessage) => Promise<Outcome<undefined, Reason>>;
};

/**
 * Makes a code for an authenticator and sends it. The state that knows the code is the caller's to keep, and only after a gateway has taken
 * the message: a code that was not sent does not exist.
 */
export async function deliver(
  ctx: RequestContext,
  user: Pick<User, 'id' | 'accountId'>,
  { kind, state, counted = kind, claim }: Sendable,
): Promise<Outcome<Asked, Reason>> {
  const failures = await failuresOf(ctx.store, user.id, counted);
  const asked = factorOf(kind).send?.(state, { ...helpAt(ctx), failures });
  if (!asked) return refuse('no_authenticator');
  if (!ctx.messenger.channels().includes(asked.message.channel)) return refuse('no_gateway');
  if (!(await mayBeSent(ctx, user.accountId, asked.message))) return refuse('not_allowed');
  const claimed = await claim(asked.message);
  if (!claimed.ok) return claimed;
  const { channel, to, code, life } = asked.message;
  const { service, host } = ctx.settings;
  const audience = { account: user.accountId, language: ctx.client.language };
  const text = ctx.texts.code(channel, { code, service, host, minutes: life / minute }, audience);
  const sent = await ctx.messenger.send({ channel, to, ...text });
  return sent.ok ? success(asked) : sent;
}

/** Whether every provider of text messages that speaks for an account lets its numbers' countries pass. */
async function mayBeSent({ store }: RequestContext, accountId: string, { channel, to }: CodeMessage): Promise<boolean> {
  if (channel !== 'sms') return true;
  const providers = await listProvidersDownTo(store, accountId, channel);
  return providers.every(({ settings }) => mayReach(to, countriesIn(settings)));
}

/** Where an authenticator's codes go, as it may be shown to somebody who is half logged in. */
export function hintOf({ kind, state }: Pick<Authenticator, 'kind' | 'state'>): string | undefined {
  const destination = factorOf(kind).destination?.(state);
  return destination && hint(destination.channel, destination.to);
}
