import { z } from 'zod';
import { minute } from '../../base/clock.ts';
import { refuse, success } from '../../base/outcome.ts';
import { sameText } from '../../base/seal.ts';
import { codeOfLength, codeReply } from '../code.ts';
import { defineFactor } from '../define-factor.ts';
import type { Channel, FactorContext, CodeMessage, Held, ProviderSpec, Remembered } from '../factor.ts';
import { mask } from './mask.ts';

/** How long a code is valid (SP 800-63B-4 section 3.1.3.2 allows ten minutes). */
export const sentCodeLife = 5 * minute;

/** The number of wrong responses after which a code is invalid. */
const maxGuesses = 5;

type SentCodeSpec<Settings> = {
  readonly kind: Channel;
  /** Authentication method references (RFC 8176). */
  readonly amr: readonly string[];
  readonly destination: z.ZodType<string>;
  readonly settings: ProviderSpec<Settings>;
  /** The limits on messages that the settings contain. */
  readonly limits?: (settings: Settings) => Pick<CodeMessage, 'countries'>;
  readonly reachesAal2?: false;
};

const sentCodeFields = z.strictObject({
  hash: z.string(),
  expiresAt: z.int(),
  digits: z.int().min(6).max(8),
  /** The user's failures when the code was sent. After five more the code is invalid. */
  failures: z.int(),
});

const traits = {
  roles: ['second'],
  limit: 1,
  replaces: false,
  programOnly: false,
  phishingResistant: false,
  verifies: 'fast',
} as const;

type PendingCode = z.infer<typeof sentCodeFields>;

/**
 * A factor whose response is a code sent to the user's destination. A new code replaces the previous one for the same
 * purpose. Codes for logins and enrollments are stored with the authenticator, codes for service and step-up challenges
 * with the challenge.
 */
export function sentCode<Settings>({ kind, amr, destination, settings, limits, ...more }: SentCodeSpec<Settings>) {
  const state = z.strictObject({ destination, code: sentCodeFields.nullable() });

  return defineFactor({
    kind,
    traits: { ...traits, ...more, sends: kind },
    settings,
    state,
    memo: sentCodeFields,
    response: codeReply,
    enroll: {
      input: z.strictObject({ destination }),
      begin: ({ input }) => success({ state: { destination: input.destination, code: null }, shown: {} }),
      confirm: 'verify',
    },
    prompt({ settings: current, candidates: [held] }, ctx) {
      if (!held) throw new Error('there is no authenticator to send a code for');
      const { destination: to } = held.state;
      const { codeDigits: digits } = ctx.operator;
      const text = drawCode(ctx);
      const [hash = ''] = hashesOf(kind, to, text, ctx);
      const expiresAt = ctx.now + sentCodeLife;
      const kept = keep(held, { hash, digits, expiresAt, failures: ctx.failures }, ctx);
      const message = { channel: kind, to, code: text, life: sentCodeLife, ...limits?.(current) };
      return success({ prompt: { shape: 'code', digits, sentTo: mask(kind, to), expiresAt }, message, ...kept });
    },
    isOpen: (given, ctx) => isValid(sentFor(given, ctx), ctx),
    verify({ response, ...given }, ctx) {
      const sent = sentFor(given, ctx);
      const text = codeOfLength(response, sent?.digits ?? ctx.operator.codeDigits);
      const hashes = hashesOf(kind, given.state.destination, text, ctx);
      const isRight = hashes.some((hash) => sameText(hash, sent?.hash ?? ''));
      if (!isRight || !isValid(sent, ctx)) return refuse('wrong');
      // A code of one challenge is spent with it, because a challenge is closed once.
      const spent = isForOneChallenge(ctx) ? {} : { state: { ...given.state, code: null } };
      return success({ ...spent, amr, factors: 1, phishingResistant: false });
    },
    describe: ({ destination: to }) => ({ hint: mask(kind, to) }),
    destination: ({ destination: to }) => ({ channel: kind, to }),
    transfer: { imported: z.strictObject({ destination }), adopt: (imported) => ({ ...imported, code: null }) },
  });
}

const isForOneChallenge = ({ binding }: FactorContext) => 'challengeId' in binding;

type DestinationState = { readonly destination: string; readonly code: PendingCode | null };

/** Where a code is stored until its response comes. */
function keep({ id, state }: Held<DestinationState>, code: PendingCode, ctx: FactorContext) {
  return isForOneChallenge(ctx) ? { memo: code } : { next: { id, state: { ...state, code } } };
}

/** The code that was sent for the binding of the context. */
function sentFor(
  { state, memo }: Remembered<DestinationState, PendingCode>,
  ctx: FactorContext,
): PendingCode | undefined {
  return (isForOneChallenge(ctx) ? memo : state.code) ?? undefined;
}

function hashesOf(kind: Channel, to: string, text: string, { safe, binding }: FactorContext) {
  // Login codes do not include a challenge id, so that nodes of version 0.1.0 can verify them.
  const bound = 'challengeId' in binding ? `\0${binding.challengeId}` : '';
  return safe.macs(kind, `${to}\0${text}${bound}`);
}

function isValid(sent: PendingCode | undefined, { now, failures }: FactorContext): boolean {
  return sent !== undefined && sent.expiresAt > now && failures - sent.failures < maxGuesses;
}

/** Every code is equally likely: a number that would favor low codes is drawn again. */
function drawCode({ random, operator: { codeDigits } }: FactorContext): string {
  const range = 10 ** codeDigits;
  const fair = 2 ** 32 - (2 ** 32 % range);
  let drawn = random.bytes(4).readUInt32BE();
  while (drawn >= fair) drawn = random.bytes(4).readUInt32BE();
  return String(drawn % range).padStart(codeDigits, '0');
}
