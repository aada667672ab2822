import { prng } from '../kit/prng.ts';

/** Random choices that are the same for the same seed. The course of a run still differs: it depends on how fast the machine is. */
export type SeededRandom = {
  /** True with this probability. */
  chance(share: number): boolean;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  pick<One>(from: readonly One[]): One;
  pickIfAny<One>(from: readonly One[]): One | undefined;
};

export function randomFromSeed(seed: number): SeededRandom {
  const next = prng(seed);
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  const pickIfAny = <One>(from: readonly One[]) => from[between(0, from.length - 1)];
  return {
    chance: (share) => next() < share,
    between,
    pickIfAny,
    pick(from) {
      const [first] = from;
      if (first === undefined) throw new Error('cannot pick from an empty list');
      return pickIfAny(from) ?? first;
    },
  };
}
