import { z } from 'zod';
import { success } from '../base/outcome.ts';
import { opaqueToken } from '../base/random.ts';
import { defineFactor } from './define-factor.ts';
import { foundBySecret } from './found-by-secret.ts';

/** An API key that the server creates for a program: 256 random bits, shown once, stored as a keyed hash. */
const { state, verify, lookups, hashOf } = foundBySecret('apikey', ['apikey']);

export const apikey = defineFactor({
  kind: 'apikey',
  traits: {
    roles: ['first'],
    limit: 100,
    replaces: false,
    programOnly: true,
    phishingResistant: false,
    verifies: 'fast',
  },
  state,
  response: z.string().regex(/^csk_[A-Za-z0-9_-]{43}$/),
  enroll: {
    input: z.strictObject({}),
    begin(_given, ctx) {
      const secret = `csk_${opaqueToken(ctx.random)}`;
      const hash = hashOf(secret, ctx);
      return success({ state: { hash }, shown: { secret }, lookup: hash });
    },
    confirm: 'none',
  },
  verify,
  lookups,
});
