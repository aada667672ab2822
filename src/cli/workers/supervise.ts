import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { second } from '../../base/clock.ts';
import { announceServing, type Serving } from '../announce.ts';
import { createLog } from '../log.ts';
import type { ServerSettings } from '../settings.ts';
import { stopSignal } from '../stop-signal.ts';
import { gatherMetrics } from './gather-metrics.ts';
import type { FromWorker } from './worker-messages.ts';

/** The pause before an ended worker is replaced, so that a failing start does not keep the machine busy. */
const pause = second;

/**
 * Runs several server processes behind one port, because JavaScript runs on one CPU. They share only what two machines would share: the
 * database and the keys.
 */
export async function supervise({ workers: count, logLevel }: ServerSettings): Promise<void> {
  const stopped = stopSignal();
  const log = createLog(logLevel);
  const alive = () => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  const hear = gatherMetrics(alive);
  cluster.on('message', (worker, message: FromWorker) => hear(worker, message));

  // The first worker starts alone, because it creates what does not exist yet.
  const first = await serving(cluster.fork());
  await Promise.all(Array.from({ length: count - 1 }, () => serving(cluster.fork())));
  const replace = (worker: Worker, code: number, signal: string) => {
    log.error({ pid: worker.process.pid, code, signal }, 'a worker ended; starting another');
    setTimeout(() => cluster.fork(), pause);
  };
  cluster.on('exit', replace);
  announceServing(first);

  const signal = await stopped;
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

/** Waits until a new worker serves. If it ends first, this process ends too: the worker has printed the reason. */
async function serving(worker: Worker): Promise<Serving> {
  const { promise, resolve } = Promise.withResolvers<Serving>();
  worker.on('message', (message: FromWorker) => {
    if ('serving' in message) resolve(message.serving);
  });
  const giveUp = (code: number | null) => process.exit(code || 1);
  worker.once('exit', giveUp);
  const where = await promise;
  worker.off('exit', giveUp);
  return where;
}
