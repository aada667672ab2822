import { z } from 'zod';
import { refuse, success } from '../base/outcome.ts';
import { sameText } from '../base/seal.ts';
import { defineFactor } from './factor.ts';

/** Deux's backup code: one of 48 bits, and who logs in with it has multi-factor authentication turned off. */
const state = z.strictObject({ hash: z.string() });

export const backupOffer = z.strictObject({ code: z.string() });

const context = 'backup';

const reply = z
  .string()
  .max(64)
  .transform((text) => text.replace(/[ -]/g, '').toUpperCase())
  .pipe(z.string().regex(/^[0-9A-F]{12}$/, 'must be a backup code of 12 characters'));

export const backup = defineFactor({
  kind: 'backup',
  traits: {
    role: 'recovery',
    amr: ['otp'],
    limit: 1,
    replaces: true,
    confirms: false,
    unattended: false,
    disablesMfa: true,
  },
  state,
  input: z.strictObject({}),
  reply,
  begin(_input, _person, { random, safe }) {
    const code = random.bytes(6).toString('hex').toUpperCase();
    return success({ state: { hash: safe.mac(context, code) }, offer: { code } });
  },
  check(current, code, { safe }) {
    const right = safe.macs(context, code).some((hash) => sameText(hash, current.hash));
    // Nothing is left to keep: whoever uses it loses it with everything else.
    return right ? success({ hash: '' }) : refuse('wrong');
  },
  adopts: {
    kept: z.strictObject({ code: reply }),
    state: ({ code }, { safe }) => ({ hash: safe.mac(context, code) }),
  },
});
