import { z } from 'zod';
import { refuse, success } from '../../src/base/outcome.ts';
import { defineFactor } from '../../src/factors/define-factor.ts';
import { noSettings } from '../../src/factors/no-settings.ts';

/** A toy: a PIN that its user chooses. It is short, so it is kept as a slow hash. */
const pinDigits = z.string().regex(/^[0-9]{4,12}$/, 'must be 4 to 12 digits');

export const pin = defineFactor({
  kind: 'pin',
  traits: {
    roles: ['second'],
    limit: 1,
    replaces: false,
    programOnly: false,
    phishingResistant: false,
    verifies: 'slow',
  },
  settings: noSettings,
  state: z.strictObject({ hash: z.string() }),
  response: pinDigits,
  enroll: {
    input: z.strictObject({ pin: pinDigits }),
    async begin({ input }, { hasher }) {
      return success({ state: { hash: await hasher.hash(input.pin) }, shown: {} });
    },
    confirm: 'verify',
  },
  async verify({ state: { hash }, response }, { hasher }) {
    const isRight = await hasher.verify(hash, response);
    return isRight ? success({ amr: ['pin'], factors: 1, phishingResistant: false }) : refuse('wrong');
  },
});
