import { createHash } from 'node:crypto';
import type { Random } from '../src/base/random.ts';

/** Random bytes that are the same for the same seed: a stream of SHA-256 blocks, of which each draw takes new ones. */
export function seededRandom(seed = 'countersign'): Random {
  let drawn = 0;
  function block(): Buffer {
    drawn += 1;
    return createHash('sha256').update(`${seed}\0${drawn}`).digest();
  }
  return {
    bytes: (length) => Buffer.concat(Array.from({ length: Math.ceil(length / 32) }, block), length),
  };
}
