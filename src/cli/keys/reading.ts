import { second } from '../../base/clock.ts';
import type { Countersign } from '../../countersign.ts';
import { repeat } from '../repeat.ts';

/** How often a server reads the file of its key ring. `keys rotate` allows many times as long. */
const interval = second;

/** Reads the key ring's file at intervals until the returned function is called. */
export const startKeyRingLoop = ({ rereadKeys }: Pick<Countersign, 'rereadKeys'>): (() => void) =>
  repeat(interval, rereadKeys);
