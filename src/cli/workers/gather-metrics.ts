import type { Worker } from 'node:cluster';
import { second } from '../../base/clock.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/** The longest wait for a worker's page, in milliseconds. A busy worker answers in time; one that hangs is left out. */
const patience = 2 * second;

const send = (worker: Worker, message: ToWorker) => {
  // A worker that is ending needs no answer.
  if (worker.isConnected()) worker.send(message, () => {});
};

/** Collects the pages of all workers for the worker that requests them. */
export function gatherMetrics(workers: () => readonly Worker[]): (from: Worker, message: FromWorker) => void {
  const gathering = new Map<number, (page: string) => void>();
  let gathered = 0;

  function gather(requester: Worker, asked: number, page: string): void {
    gathered += 1;
    const number = gathered;
    const others = workers().filter((worker) => worker !== requester);
    const pages = [page];
    const finish = () => {
      clearTimeout(timer);
      gathering.delete(number);
      send(requester, { asked, pages });
    };
    const timer = setTimeout(finish, patience);
    gathering.set(number, (other) => {
      pages.push(other);
      if (pages.length > others.length) finish();
    });
    for (const other of others) send(other, { wanted: number });
    if (others.length === 0) finish();
  }

  return (from, message) => {
    if ('asks' in message) gather(from, message.asks, message.page);
    if ('answers' in message) gathering.get(message.answers)?.(message.page);
  };
}
