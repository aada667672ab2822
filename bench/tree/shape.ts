import { chance } from '../../kit/prng.ts';

/** A tree of accounts, by number: 0 is the root, and every parent comes before its children. */
export type Shape = {
  /** The number of each account's parent; the root has none. */
  readonly parents: readonly (number | undefined)[];
  /** How many accounts stand above each. */
  readonly depths: readonly number[];
};

/** The accounts from below the root down to the measured one, the same in every tree, so that trees differ in their size alone. */
export const chain = [1, 2, 3, 4, 5, 6, 7, 8] as const;
/** The account whose logins and attempts are measured. */
export const measured = 8;

/** No reseller's reseller goes further down than this. */
const deepest = 12;

/**
 * The chain, and then accounts that hang anywhere: who came early has the most below them, as resellers do, and half of all have nobody.
 */
export function shapeOf(accounts: number): Shape {
  const draw = chance(accounts);
  const parents: (number | undefined)[] = [undefined];
  const depths = [0];
  for (let account = 1; account < accounts; account += 1) {
    let parent = account <= measured ? account - 1 : Math.floor(draw() * account);
    while (depths[parent] === deepest) parent = Math.floor(draw() * account);
    parents.push(parent);
    depths.push((depths[parent] ?? 0) + 1);
  }
  return { parents, depths };
}
