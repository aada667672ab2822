/** Numbers from 0 up to 1 that fall the same way every run: cheaper by far than real chance, of which a million rows need much. */
export function chance(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    // Marsaglia's xorshift: it only has to look scattered.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}
