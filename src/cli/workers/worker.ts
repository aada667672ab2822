import type { Serving } from '../announce.ts';
import { sumPages } from './sum-pages.ts';
import type { FromWorker, ToWorker } from './told.ts';

const tell = (told: FromWorker) => void process.send?.(told);

export const reportServing = (serving: Serving): void => tell({ serving });

/** Replaces the worker's own page of metrics by the sum of all workers. */
export function sharedMetrics(own: () => string): () => Promise<string> {
  const waiting = new Map<number, (pages: readonly string[]) => void>();
  let asked = 0;
  process.on('message', (told: ToWorker) => {
    if ('wanted' in told) return tell({ answers: told.wanted, page: own() });
    waiting.get(told.asked)?.(told.pages);
    return waiting.delete(told.asked);
  });
  return async () => {
    const { promise, resolve } = Promise.withResolvers<readonly string[]>();
    asked += 1;
    waiting.set(asked, resolve);
    tell({ asks: asked, page: own() });
    return sumPages(await promise);
  };
}
