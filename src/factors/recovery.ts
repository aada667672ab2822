import { z } from 'zod';
import { refuse, success } from '../base/outcome.ts';
import { sameText } from '../base/seal.ts';
import { defineFactor } from './define-factor.ts';

const codeCount = 10;

/** Crockford's base32: without i, l and o, which look like 1 and 0, and without u. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Keyed hashes of the unused codes. */
export const recoveryState = z.strictObject({ codes: z.array(z.string()) });

/** The codes in plain text, shown to their owner once. */
export const recoveryShown = z.strictObject({ codes: z.array(z.string()) });

const response = z
  .string()
  .max(64)
  .transform((text) => text.replace(/[ -]/g, '').toLowerCase().replaceAll('o', '0').replace(/[il]/g, '1'))
  .pipe(z.string().regex(new RegExp(`^[${alphabet}]{16}$`), 'must be a recovery code of 16 characters'));

const context = 'recovery';

/**
 * Recovery codes: look-up secrets that replace a lost second factor, each once (SP 800-63B-4 sections 3.1.2 and
 * 4.2.1.1).
 */
export const recovery = defineFactor({
  kind: 'recovery',
  traits: {
    roles: ['recovery'],
    limit: 1,
    replaces: true,
    programOnly: false,
    phishingResistant: false,
    verifies: 'fast',
  },
  state: recoveryState,
  response,

  enroll: {
    input: z.strictObject({}),
    begin(_given, { random, safe }) {
      const codes = Array.from({ length: codeCount }, () => makeCode(random.bytes(10)));
      return success({
        state: { codes: codes.map((code) => safe.mac(context, code)) },
        shown: { codes: codes.map((code) => code.replace(/(.{4})(?!$)/g, '$1-')) },
      });
    },
    confirm: 'none',
  },

  verify({ state, response: code }, { safe }) {
    const hashes = safe.macs(context, code);
    const codes = state.codes.filter((kept) => !hashes.some((hash) => sameText(hash, kept)));
    if (codes.length === state.codes.length) return refuse('wrong');
    return success({ state: { codes }, amr: ['otp'], factors: 1, phishingResistant: false });
  },
});

/** Encodes 80 bits as 16 characters. */
function makeCode(bytes: Uint8Array): string {
  let number = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let code = '';
  for (let at = 0; at < 16; at += 1) {
    code = alphabet.charAt(Number(number & 31n)) + code;
    number >>= 5n;
  }
  return code;
}
