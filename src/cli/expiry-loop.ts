import { minute } from '../base/clock.ts';
import type { Context } from '../engine/context.ts';
import { deleteExpired } from '../engine/operations.ts';
import { repeat } from './repeat.ts';

/** How often what is over is forgotten. Every node does it; the same rows go only once. */
const interval = 10 * minute;

/** Sweeps now and then until the function it returns is called. A sweep that fails is the next one's work. */
export const startExpiryLoop = (context: Context): (() => void) => repeat(interval, () => deleteExpiredOnce(context));

async function deleteExpiredOnce(context: Context): Promise<void> {
  try {
    context.log.info({ rows: await deleteExpired(context) }, 'swept');
  } catch (error) {
    context.log.error({ err: error }, 'sweeping failed');
  }
}
