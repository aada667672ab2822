import { createHasher, type HashCost, type Hasher } from '../src/base/hasher.ts';

/** As little as argon2 lets one ask for, so that a test may hash as often as it likes. */
export const cheapCost: HashCost = { memory: 64, passes: 1, lanes: 1 };

export function cheapHasher(): Hasher {
  return createHasher(cheapCost);
}
