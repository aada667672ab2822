import { z } from 'zod';
import { success } from '../base/outcome.ts';
import { opaqueToken } from '../base/random.ts';
import { defineFactor } from './factor.ts';
import { foundBySecret } from './found-by-secret.ts';

/** A key made by the house for a program: 256 bits, shown once, kept as a keyed hash. */
const { state, check, lookups, hashOf } = foundBySecret('apikey');

export const apikey = defineFactor({
  kind: 'apikey',
  traits: { role: 'first', amr: ['apikey'], limit: 100, replaces: false, confirms: false, unattended: true },
  state,
  input: z.strictObject({}),
  reply: z.string().regex(/^csk_[A-Za-z0-9_-]{43}$/),
  begin(_input, _person, help) {
    const secret = `csk_${opaqueToken(help.random)}`;
    const hash = hashOf(secret, help);
    return success({ state: { hash }, offer: { secret }, lookup: hash });
  },
  check,
  lookups,
});
