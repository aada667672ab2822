import { createHasher, type HashCost, type Hasher } from '../src/base/hasher.ts';

/** The lowest cost that argon2 allows. */
export const cheapCost: HashCost = { memory: 64, passes: 1, lanes: 1 };

export function cheapHasher(): Hasher {
  return createHasher(cheapCost);
}
