import { second } from '../base/clock.ts';
import type { Context } from '../engine/context.ts';
import { tellNotices } from '../engine/operations.ts';

/** How often notices that are due are looked for. Every node does it; each notice is claimed before it is sent. */
const interval = 5 * second;

/** Sends notices now and then until the function it returns is called. What fails is the next time's work. */
export function keepTold(house: Context): () => void {
  let running = false;
  const tell = async () => {
    // A mail server may take longer than the interval.
    if (running) return;
    running = true;
    await tellOnce(house);
    running = false;
  };
  const timer = setInterval(() => void tell(), interval);
  timer.unref();
  return () => clearInterval(timer);
}

async function tellOnce(house: Context): Promise<void> {
  try {
    const notices = await tellNotices(house);
    if (notices > 0) house.log.info({ notices }, 'told');
  } catch (error) {
    house.log.error({ err: error }, 'telling failed');
  }
}
