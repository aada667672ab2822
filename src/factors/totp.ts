import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { base32Decode, base32Encode } from '../base/base32.ts';
import { second } from '../base/clock.ts';
import { refuse, success } from '../base/outcome.ts';
import { sameText } from '../base/seal.ts';
import { codeOfLength, codeReply } from './code.ts';
import { defineFactor } from './define-factor.ts';
import { noSettings } from './no-settings.ts';

/** The length of a new seed for each hash algorithm, in bytes: that of its output (RFC 6238 section 5.1). */
const seedLengths = { SHA1: 20, SHA256: 32, SHA512: 64 } as const;

/** RFC 4226 R6 requires at least 128 bits. A seed of zeros only is rejected as a mistake. */
const seed = z.string().refine((text) => {
  const bytes = base32Decode(text);
  return bytes !== undefined && bytes.length >= 16 && bytes.some((byte) => byte !== 0);
}, 'must be base32 of 128 bits or more');

/** Seconds. */
const longestPeriod = 120;

const parameters = {
  algorithm: z.enum(['SHA1', 'SHA256', 'SHA512']).default('SHA1'),
  digits: z.union([z.literal(6), z.literal(8)]).default(6),
  /** Seconds. */
  period: z.int().min(15).max(longestPeriod).default(30),
};

const state = z.strictObject({ ...parameters, seed, lastStep: z.int() });
/**
 * The stored form in the system that users are imported from. `lastStep` is the last step accepted there, -1 if unknown.
 */
const imported = z.strictObject({ ...parameters, seed, lastStep: z.int().min(-1).default(-1) });
const input = z.strictObject({ ...parameters, issuer: z.string().default('Countersign') });

type Parameters = Pick<z.infer<typeof state>, 'algorithm' | 'digits' | 'period'>;

/**
 * The number of steps before and after the current one whose codes are accepted, for slow typists and clocks (RFC 6238
 * section 5.2).
 */
const drift = 1;

/** Milliseconds after which every code that was accepted has expired, whatever the period of its app. */
export const totpCodeLife = (2 * drift + 1) * longestPeriod * second;

/** Time-based one-time passwords of an authenticator app (RFC 6238). */
export const totp = defineFactor({
  kind: 'totp',
  traits: {
    roles: ['second'],
    limit: 5,
    replaces: false,
    programOnly: false,
    phishingResistant: false,
    verifies: 'fast',
  },
  settings: noSettings,
  state,
  response: codeReply,

  enroll: {
    input,
    begin({ input: { issuer, ...chosen } }, { random, user }) {
      const seedText = base32Encode(random.bytes(seedLengths[chosen.algorithm]));
      const shown = { otpauth_url: otpauthUrl(chosen, seedText, issuer, user?.name ?? ''), secret: seedText };
      return success({ state: { ...chosen, seed: seedText, lastStep: -1 }, shown });
    },
    confirm: 'verify',
  },

  prompt({ candidates: [first] }) {
    const { digits = 6, period = 30 } = first?.state ?? {};
    return success({ prompt: { shape: 'code', digits, period } });
  },

  verify({ state: current, response }, { now }) {
    const code = codeOfLength(response, current.digits);
    const step = Math.floor(now / 1000 / current.period);
    const key = base32Decode(current.seed) ?? Buffer.alloc(0);
    // Two steps may have the same code. It is accepted only if the oldest of them is unspent, and then the newest is
    // stored as spent, so that one typed code is spent for both.
    let oldest = -1;
    let newest = -1;
    for (let candidate = Math.max(0, step - drift); candidate <= step + drift; candidate += 1) {
      if (!sameText(hotp(key, candidate, current), code)) continue;
      if (oldest < 0) oldest = candidate;
      newest = candidate;
    }
    if (newest < 0) return refuse('wrong');
    // "The verifier MUST NOT accept the second attempt of the OTP" (RFC 6238 section 5.2). Older codes are refused too.
    if (oldest <= current.lastStep) return refuse('replayed');
    return success({ state: { ...current, lastStep: newest }, amr: ['otp'], factors: 1, phishingResistant: false });
  },

  describe: ({ digits, period }) => ({ digits, period }),

  transfer: {
    imported,
    // The other system may have accepted codes up to the current step.
    adopt: (from, { now }) => ({ ...from, lastStep: Math.max(from.lastStep, Math.floor(now / 1000 / from.period)) }),
  },
});

/** One code (RFC 4226 section 5.3), with the choice of hash from RFC 6238 section 1.2. */
export function hotp(key: Uint8Array, counter: number, { algorithm, digits }: Omit<Parameters, 'period'>): string {
  const moving = Buffer.alloc(8);
  moving.writeBigUInt64BE(BigInt(counter));
  const digest = createHmac(algorithm, key).update(moving).digest();
  const offset = (digest.at(-1) ?? 0) & 0x0f;
  const truncated = digest.readUInt32BE(offset) & 0x7fffffff;
  return String(truncated % 10 ** digits).padStart(digits, '0');
}

/** The key URI that authenticator apps read from a QR code. */
function otpauthUrl({ algorithm, digits, period }: Parameters, secret: string, issuer: string, name: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(name)}`;
  const query = `secret=${secret}&issuer=${encodeURIComponent(issuer)}&algorithm=${algorithm}&digits=${digits}&period=${period}`;
  return `otpauth://totp/${label}?${query}`;
}
