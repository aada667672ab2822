import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { second } from '../../base/clock.ts';
import { announceServing, type Serving } from '../announce.ts';
import { createLog } from '../log.ts';
import type { ServerSettings } from '../settings.ts';
import { stopSignal } from '../stop-signal.ts';
import { gatherMetrics } from './gather-metrics.ts';
import type { FromWorker } from './told.ts';

/** How long a worker that ended stays away: what ends each one at once must not keep the machine busy. */
const pause = second;

/**
 * Keeps so many servers behind one port, each a process of its own: JavaScript runs on one CPU. They share what two machines would
 * share, the database and the keys.
 */
export async function supervise({ workers: count, logLevel }: ServerSettings): Promise<void> {
  const told = stopSignal();
  const log = createLog(logLevel);
  const alive = () => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  const hear = gatherMetrics(alive);
  cluster.on('message', (worker, message: FromWorker) => hear(worker, message));

  // One by itself at first: it makes what is not there yet.
  const first = await serving(cluster.fork());
  await Promise.all(Array.from({ length: count - 1 }, () => serving(cluster.fork())));
  const replace = (worker: Worker, code: number, signal: string) => {
    log.error({ pid: worker.process.pid, code, signal }, 'a worker ended: another takes its place');
    setTimeout(() => cluster.fork(), pause);
  };
  cluster.on('exit', replace);
  announceServing(first);

  const signal = await told;
  cluster.off('exit', replace);
  const left = alive();
  await Promise.all(
    left.map(async (worker) => {
      const ended = once(worker, 'exit');
      worker.process.kill(signal);
      await ended;
    }),
  );
  process.exit(0);
}

/** Where a new worker serves. One that can't has said why by itself. */
async function serving(worker: Worker): Promise<Serving> {
  const { promise, resolve } = Promise.withResolvers<Serving>();
  worker.on('message', (told: FromWorker) => {
    if ('serving' in told) resolve(told.serving);
  });
  const giveUp = (code: number | null) => process.exit(code || 1);
  worker.once('exit', giveUp);
  const where = await promise;
  worker.off('exit', giveUp);
  return where;
}
