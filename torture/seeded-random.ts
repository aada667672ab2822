import { chance as numbers } from '../kit/prng.ts';

/** Chance that falls the same way for the same seed. What it meets does not, for that hangs on how fast the machine is just then. */
export type Chance = {
  /** Whether something happens that happens so often, of 1. */
  happens(share: number): boolean;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  pick<One>(from: readonly One[]): One;
  maybe<One>(from: readonly One[]): One | undefined;
};

export function chanceOf(seed: number): Chance {
  const next = numbers(seed);
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  const maybe = <One>(from: readonly One[]) => from[between(0, from.length - 1)];
  return {
    happens: (share) => next() < share,
    between,
    maybe,
    pick(from) {
      const [first] = from;
      if (first === undefined) throw new Error('there is nothing to pick from');
      return maybe(from) ?? first;
    },
  };
}
