import type { Serving } from '../announce.ts';
import { sumPages } from './sum-pages.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

const send = (message: FromWorker) => void process.send?.(message);

export const reportServing = (serving: Serving): void => send({ serving });

/** Replaces the worker's own page of metrics by the sum of all workers. */
export function sharedMetrics(own: () => string): () => Promise<string> {
  const waiting = new Map<number, (pages: readonly string[]) => void>();
  let asked = 0;
  process.on('message', (message: ToWorker) => {
    if ('wanted' in message) return send({ answers: message.wanted, page: own() });
    waiting.get(message.asked)?.(message.pages);
    return waiting.delete(message.asked);
  });
  return async () => {
    const { promise, resolve } = Promise.withResolvers<readonly string[]>();
    asked += 1;
    waiting.set(asked, resolve);
    send({ asks: asked, page: own() });
    return sumPages(await promise);
  };
}
