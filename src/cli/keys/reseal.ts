import { setTimeout } from 'node:timers/promises';
import { activeKey } from '../../base/keys.ts';
import { second, stopwatch } from '../../base/clock.ts';
import { countToReseal, reseal } from '../../engine/operations.ts';
import { CommandFailed } from '../explain.ts';
import { progressOf } from '../progress.ts';
import { withCountersign } from '../user/with-countersign.ts';

export async function resealAll(): Promise<void> {
  const lost: string[] = [];
  await withCountersign(async ({ store }, countersign) => {
    const ring = countersign.keys();
    const total = await countToReseal(store, ring);
    let looked = 0;
    // Servers may write more such values at the same time.
    const fraction = () => Math.min(1, looked / total);
    const progress = progressOf({ what: 'resealed', of: 'values', fraction, step: 1 });
    let elapsed = stopwatch();
    for await (const { values, unreadable } of reseal(store, ring)) {
      looked += values;
      lost.push(...unreadable);
      progress.tell(values);
      // A pause as long as the work before it, so that servers can write: SQLite has one writer.
      await setTimeout(elapsed() * second);
      elapsed = stopwatch();
    }
    progress.clear();
    process.stdout.write(`sealed ${looked - lost.length} values with the key ${activeKey(ring.sealing).id}\n`);
  });
  if (lost.length > 0)
    throw new CommandFailed(`no key of the ring opens these values, which were not changed: ${lost.join(', ')}`);
}
