import { second } from '../../base/clock.ts';
import type { Countersign } from '../../countersign.ts';

/** How often a server looks at the file of its key ring. `keys rotate` leaves each of them many times as long. */
const interval = second;

/** Follows the key ring's file until the function it returns is called. */
export function keepKeysRead({ rereadKeys }: Pick<Countersign, 'rereadKeys'>): () => void {
  let running = false;
  const read = async () => {
    // A database that is out of reach may take longer than the interval.
    if (running) return;
    running = true;
    await rereadKeys();
    running = false;
  };
  const timer = setInterval(() => void read(), interval);
  timer.unref();
  return () => clearInterval(timer);
}
