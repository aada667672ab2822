import type { Worker } from 'node:cluster';
import { second } from '../../base/clock.ts';
import type { FromWorker, ToWorker } from './told.ts';

/** The longest wait for a worker's page, in milliseconds. A busy worker answers in time; one that hangs is left out. */
const patience = 2 * second;

const send = (worker: Worker, told: ToWorker) => {
  // A worker that is ending needs no answer.
  if (worker.isConnected()) worker.send(told, () => {});
};

/** Collects the pages of all workers for the worker that asks. */
export function gatherMetrics(workers: () => readonly Worker[]): (from: Worker, told: FromWorker) => void {
  const gathering = new Map<number, (page: string) => void>();
  let gathered = 0;

  function gather(asker: Worker, asked: number, page: string): void {
    gathered += 1;
    const number = gathered;
    const others = workers().filter((worker) => worker !== asker);
    const pages = [page];
    const finish = () => {
      clearTimeout(timer);
      gathering.delete(number);
      send(asker, { asked, pages });
    };
    const timer = setTimeout(finish, patience);
    gathering.set(number, (other) => {
      pages.push(other);
      if (pages.length > others.length) finish();
    });
    for (const other of others) send(other, { wanted: number });
    if (others.length === 0) finish();
  }

  return (from, told) => {
    if ('asks' in told) gather(from, told.asks, told.page);
    if ('answers' in told) gathering.get(told.answers)?.(told.page);
  };
}
