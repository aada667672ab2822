import { z } from 'zod';
import { success } from '../base/outcome.ts';
import { defineFactor } from './factor.ts';
import { foundBySecret } from './found-by-secret.ts';

/** A secret that a client made for one device, kept as a keyed hash. It is asked to be long, for nobody here drew it. */
const { state, check, lookups, hashOf } = foundBySecret('device');

export const newDeviceSecret = z.string().refine((text) => {
  const bytes = Buffer.byteLength(text);
  // Half a surrogate pair is no character, and all halves have the same bytes.
  return text.isWellFormed() && bytes >= 16 && bytes <= 1024;
}, 'must be 16 to 1,024 bytes long');

export const device = defineFactor({
  kind: 'device',
  traits: { role: 'first', amr: ['device'], limit: 100, replaces: false, confirms: false, unattended: false },
  state,
  input: z.strictObject({ secret: newDeviceSecret }),
  reply: newDeviceSecret,
  begin({ secret }, _person, help) {
    const hash = hashOf(secret, help);
    return success({ state: { hash }, offer: {}, lookup: hash });
  },
  check,
  lookups,
});
