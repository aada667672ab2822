import { second } from '../base/clock.ts';
import type { Context } from '../engine/context.ts';
import { tellNotices } from '../engine/operations.ts';
import { repeat } from './repeat.ts';

/** How often notices that are due are looked for. Every node does it; each notice is claimed before it is sent. */
const interval = 5 * second;

/** Sends notices now and then until the function it returns is called. What fails is the next time's work. */
export const keepTold = (house: Context): (() => void) => repeat(interval, () => tellOnce(house));

async function tellOnce(house: Context): Promise<void> {
  try {
    const notices = await tellNotices(house);
    if (notices > 0) house.log.info({ notices }, 'told');
  } catch (error) {
    house.log.error({ err: error }, 'telling failed');
  }
}
