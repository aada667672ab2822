import { z } from 'zod';
import { refuse, success } from '../base/outcome.ts';
import { sameText } from '../base/seal.ts';
import { defineFactor } from './define-factor.ts';

/**
 * Deux's backup code, 48 bits. A login with it turns multi-factor authentication off, unless the account requires a
 * factor of its user.
 */
const state = z.strictObject({ hash: z.string() });

export const backupShown = z.strictObject({ code: z.string() });

const context = 'backup';

const response = z
  .string()
  .max(64)
  .transform((text) => text.replace(/[ -]/g, '').toUpperCase())
  .pipe(z.string().regex(/^[0-9A-F]{12}$/, 'must be a backup code of 12 characters'));

export const backup = defineFactor({
  kind: 'backup',
  traits: {
    roles: ['recovery'],
    limit: 1,
    replaces: true,
    programOnly: false,
    phishingResistant: false,
    disablesMfa: true,
    verifies: 'fast',
  },
  state,
  response,
  enroll: {
    input: z.strictObject({}),
    begin(_given, { random, safe }) {
      const code = random.bytes(6).toString('hex').toUpperCase();
      return success({ state: { hash: safe.mac(context, code) }, shown: { code } });
    },
    confirm: 'none',
  },
  verify({ state: { hash }, response: code }, { safe }) {
    if (!safe.macs(context, code).some((mac) => sameText(mac, hash))) return refuse('wrong');
    // No code has this hash: the code is spent even if the login does not remove this authenticator.
    return success({ state: { hash: '' }, amr: ['otp'], factors: 1, phishingResistant: false });
  },
  transfer: {
    imported: z.strictObject({ code: response }),
    adopt: ({ code }, { safe }) => ({ hash: safe.mac(context, code) }),
  },
});
