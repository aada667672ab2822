import { z } from 'zod';
import { success } from '../base/outcome.ts';
import { defineFactor } from './define-factor.ts';
import { foundBySecret } from './found-by-secret.ts';

/**
 * A secret that a client creates for one device, stored as a keyed hash. It has a minimum length because the server
 * does not choose it.
 */
const { state, verify, lookups, hashOf } = foundBySecret('device', ['device']);

export const newDeviceSecret = z.string().refine((text) => {
  const bytes = Buffer.byteLength(text);
  // An unpaired surrogate is rejected: all of them encode to the same bytes, so different secrets would match.
  return text.isWellFormed() && bytes >= 16 && bytes <= 1024;
}, 'must be 16 to 1,024 bytes long');

export const device = defineFactor({
  kind: 'device',
  traits: {
    roles: ['first'],
    limit: 100,
    replaces: false,
    programOnly: false,
    phishingResistant: false,
    verifies: 'fast',
  },
  state,
  response: newDeviceSecret,
  enroll: {
    input: z.strictObject({ secret: newDeviceSecret }),
    begin({ input }, ctx) {
      const hash = hashOf(input.secret, ctx);
      return success({ state: { hash }, shown: {}, lookup: hash });
    },
    confirm: 'none',
  },
  verify,
  lookups,
});
