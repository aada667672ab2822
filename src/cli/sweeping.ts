import { minute } from '../base/clock.ts';
import type { Context } from '../engine/context.ts';
import { sweep } from '../engine/operations.ts';

/** How often what is over is forgotten. Every node does it; the same rows go only once. */
const interval = 10 * minute;

/** Sweeps now and then until the function it returns is called. A sweep that fails is the next one's work. */
export function keepSwept(house: Context): () => void {
  const timer = setInterval(() => void sweepOnce(house), interval);
  timer.unref();
  return () => clearInterval(timer);
}

async function sweepOnce(house: Context): Promise<void> {
  try {
    house.log.info({ rows: await sweep(house) }, 'swept');
  } catch (error) {
    house.log.error({ err: error }, 'sweeping failed');
  }
}
