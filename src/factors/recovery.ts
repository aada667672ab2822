import { z } from 'zod';
import { refuse, success } from '../base/outcome.ts';
import { sameText } from '../base/seal.ts';
import { defineFactor } from './factor.ts';

/** Recovery codes: look-up secrets that stand in for a lost second factor, each once (SP 800-63B-4 sections 3.1.2 and 4.2.1.1). */
const howMany = 10;

/** Crockford's base32: no i, l, o and u, so that a code survives being read aloud. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Keyed hashes of the codes that are left. */
export const recoveryState = z.strictObject({ codes: z.array(z.string()) });

/** What their owner is shown. */
export const recoveryOffer = z.strictObject({ codes: z.array(z.string()) });

const reply = z
  .string()
  .max(64)
  .transform((text) => text.replace(/[ -]/g, '').toLowerCase().replaceAll('o', '0').replace(/[il]/g, '1'))
  .pipe(z.string().regex(new RegExp(`^[${alphabet}]{16}$`), 'must be a recovery code of 16 characters'));

const context = 'recovery';

export const recovery = defineFactor({
  kind: 'recovery',
  traits: { role: 'recovery', amr: ['otp'], limit: 1, replaces: true, confirms: false, unattended: false },
  state: recoveryState,
  input: z.strictObject({}),
  reply,

  begin(_input, _person, { random, safe }) {
    const codes = Array.from({ length: howMany }, () => makeCode(random.bytes(10)));
    return success({
      state: { codes: codes.map((code) => safe.mac(context, code)) },
      offer: { codes: codes.map((code) => code.replace(/(.{4})(?!$)/g, '$1-')) },
    });
  },

  check(current, code, { safe }) {
    const hashes = safe.macs(context, code);
    const left = current.codes.filter((kept) => !hashes.some((hash) => sameText(hash, kept)));
    return left.length < current.codes.length ? success({ codes: left }) : refuse('wrong');
  },
});

/** 80 bits as 16 characters. */
function makeCode(bytes: Uint8Array): string {
  let number = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let code = '';
  for (let at = 0; at < 16; at += 1) {
    code = alphabet.charAt(Number(number & 31n)) + code;
    number >>= 5n;
  }
  return code;
}
