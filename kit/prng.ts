/** Pseudorandom numbers from 0 up to 1, the same for the same seed: cheap enough for a million rows. */
export function prng(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    // Marsaglia's xorshift: statistical quality is enough.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}
