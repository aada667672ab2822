import { z } from 'zod';
import { minute } from '../../base/clock.ts';
import { refuse, success } from '../../base/outcome.ts';
import { sameText } from '../../base/seal.ts';
import { codeOfLength, codeReply } from '../code.ts';
import { defineFactor } from '../define-factor.ts';
import type { Channel, FactorContext, CodeMessage, ProviderSpec } from '../factor.ts';
import { hint } from './hint.ts';

/**
 * How long a sent code is valid (SP 800-63B-4 section 3.1.3.2 allows ten minutes), and after how many wrong responses
 * it is not.
 */
export const sentCodeLife = 5 * minute;
const looks = 5;

type Sent<Settings> = {
  readonly kind: Channel;
  /** Authentication method references (RFC 8176). */
  readonly amr: readonly string[];
  readonly destination: z.ZodType<string>;
  readonly settings: ProviderSpec<Settings>;
  /** The limits on messages that the settings contain. */
  readonly limits?: (settings: Settings) => Pick<CodeMessage, 'countries'>;
};

const sentCodeState = z.strictObject({
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
  unattended: false,
  phishingResistant: false,
  verifies: 'fast',
} as const;

/** A factor whose response is a code sent to the user's destination. A new code replaces the previous one. */
export function sentCode<Settings>({ kind, amr, destination, settings, limits }: Sent<Settings>) {
  const state = z.strictObject({ destination, code: sentCodeState.nullable() });

  return defineFactor({
    kind,
    traits: { ...traits, sends: kind },
    settings,
    state,
    response: codeReply,
    enroll: {
      input: z.strictObject({ destination }),
      begin: ({ input }) => success({ state: { destination: input.destination, code: null }, shown: {} }),
      confirm: 'verify',
    },
    prompt({ settings: inForce, candidates: [held] }, ctx) {
      if (!held) throw new Error('a code has nowhere to go');
      const { destination: to } = held.state;
      const { codeDigits: digits } = ctx.operator;
      const text = drawCode(ctx);
      const [hash = ''] = hashesOf(kind, to, text, ctx);
      const expiresAt = ctx.now + sentCodeLife;
      const next = {
        id: held.id,
        state: { destination: to, code: { hash, digits, expiresAt, failures: ctx.failures } },
      };
      const message = { channel: kind, to, code: text, life: sentCodeLife, ...limits?.(inForce) };
      return success({ prompt: { shape: 'code', digits, sentTo: hint(kind, to), expiresAt }, next, message });
    },
    isOpen: ({ state: { code: sent } }, ctx) => sent !== null && isAlive(sent, ctx),
    verify({ state: current, response }, ctx) {
      const sent = current.code;
      const text = codeOfLength(response, sent?.digits ?? ctx.operator.codeDigits);
      const isRight = hashesOf(kind, current.destination, text, ctx).some((hash) => sameText(hash, sent?.hash ?? ''));
      if (!sent || !isRight || !isAlive(sent, ctx)) return refuse('wrong');
      return success({ state: { ...current, code: null }, amr, factors: 1, phishingResistant: false });
    },
    describe: ({ destination: to }) => ({ hint: hint(kind, to) }),
    destination: ({ destination: to }) => ({ channel: kind, to }),
    transfer: { kept: z.strictObject({ destination }), adopt: (kept) => ({ ...kept, code: null }) },
  });
}

function hashesOf(kind: Channel, to: string, text: string, { safe }: FactorContext) {
  return safe.macs(kind, `${to}\0${text}`);
}

function isAlive(sent: z.infer<typeof sentCodeState>, { now, failures }: FactorContext): boolean {
  return sent.expiresAt > now && failures - sent.failures < looks;
}

/** Every code is equally likely: a number that would favor low codes is drawn again. */
function drawCode({ random, operator: { codeDigits } }: FactorContext): string {
  const range = 10 ** codeDigits;
  const fair = 2 ** 32 - (2 ** 32 % range);
  let drawn = random.bytes(4).readUInt32BE();
  while (drawn >= fair) drawn = random.bytes(4).readUInt32BE();
  return String(drawn % range).padStart(codeDigits, '0');
}
