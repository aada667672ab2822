import { prng } from '../../kit/prng.ts';

/** A tree of accounts, by number: 0 is the root, and every parent comes before its children. */
export type Shape = {
  /** The number of each account's parent; the root has none. */
  readonly parents: readonly (number | undefined)[];
  /** How many accounts are above each. */
  readonly depths: readonly number[];
};

/** The accounts from the root down to the measured one: the same in each tree, so that trees differ only in size. */
export const chain = [1, 2, 3, 4, 5, 6, 7, 8] as const;
/** The account whose logins and attempts are measured. */
export const measured = 8;

/** No account is deeper than this. */
const deepest = 12;

/** The chain, and then accounts with random parents: early accounts have the most below them, as resellers do, and half have none. */
export function shapeOf(accounts: number): Shape {
  const draw = prng(accounts);
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
