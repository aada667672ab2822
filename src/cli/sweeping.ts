import { minute } from '../base/clock.ts';
import type { Context } from '../engine/context.ts';
import { sweep } from '../engine/operations.ts';
import { repeat } from './repeat.ts';

/** How often what is over is forgotten. Every node does it; the same rows go only once. */
const interval = 10 * minute;

/** Sweeps now and then until the function it returns is called. A sweep that fails is the next one's work. */
export const keepSwept = (house: Context): (() => void) => repeat(interval, () => sweepOnce(house));

async function sweepOnce(house: Context): Promise<void> {
  try {
    house.log.info({ rows: await sweep(house) }, 'swept');
  } catch (error) {
    house.log.error({ err: error }, 'sweeping failed');
  }
}
