import { second } from '../../base/clock.ts';
import type { Countersign } from '../../countersign.ts';
import { repeat } from '../repeat.ts';

/** How often a server looks at the file of its key ring. `keys rotate` leaves each of them many times as long. */
const interval = second;

/** Follows the key ring's file until the function it returns is called. */
export const startKeyRingLoop = ({ rereadKeys }: Pick<Countersign, 'rereadKeys'>): (() => void) =>
  repeat(interval, rereadKeys);
