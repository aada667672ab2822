import cluster from 'node:cluster';
import { second } from '../base/clock.ts';
import { version } from '../base/version.ts';
import { createCountersign } from '../countersign.ts';
import type { Log } from '../engine/context.ts';
import { patchGlobals } from '../http/server/listener.ts';
import { announceAdministrator, announceServing } from './announce.ts';
import { startKeyRingLoop } from './keys/reading.ts';
import { listen } from './listen.ts';
import { gatewaysOf, logChannels } from './gateways.ts';
import { createLog } from './log.ts';
import { readSettings, type ServerSettings } from './settings.ts';
import { stopSignal } from './stop-signal.ts';
import { startExpiryLoop } from './expiry-loop.ts';
import { startNoticeLoop } from './notice-loop.ts';
import { hashesAtATime, makeRoomFor } from './threads.ts';
import { onWarning } from './warnings.ts';
import { supervise } from './workers/supervise.ts';
import { sharedMetrics, reportServing } from './workers/worker.ts';

/** Together less than the ten seconds that Docker waits between SIGTERM and SIGKILL. */
const patience = { requests: 8 * second, database: 1 * second };

export async function serve(): Promise<void> {
  const settings = readSettings(process.env);
  if (cluster.isPrimary && settings.workers > 1) return supervise(settings);
  try {
    await serveInThisProcess(settings);
  } finally {
    // A worker that cannot start must disconnect from the primary, or it would not end.
    cluster.worker?.disconnect();
  }
}

async function serveInThisProcess(settings: ServerSettings): Promise<void> {
  const hashing = hashesAtATime(settings.workers);
  makeRoomFor(hashing);
  const stopped = stopSignal();
  const gateways = gatewaysOf(settings);
  const log = createLog(settings.logLevel);
  logUncaughtErrors(log);
  patchGlobals();

  const front = await listen(settings.host, settings.port, { log, url: settings.url });
  const shared = cluster.isWorker ? { metrics: sharedMetrics } : {};
  const url = settings.url ?? `http://localhost:${front.port}`;
  const options = { ...settings.options, hasBasePath: true, gateways, url, log, hashing, ...shared };
  const countersign = await createCountersign(options).catch(async (error: unknown) => {
    await front.close(0);
    throw error;
  });
  front.open(countersign.listener);
  announceAdministrator(settings, countersign);
  const { address } = front;
  if (cluster.isWorker) reportServing({ address, url });
  else announceServing({ address, url });
  log.info({ address, url, version }, 'serving');
  logChannels(countersign.context, gateways);
  const stops = [
    startExpiryLoop(countersign.context),
    startNoticeLoop(countersign.context),
    startKeyRingLoop(countersign),
  ];

  log.info({ signal: await stopped }, 'stopping');
  for (const stop of stops) stop();
  await front.close(patience.requests);
  await Promise.race([countersign.close(), new Promise((resolve) => setTimeout(resolve, patience.database))]);
  log.info({}, 'stopped');
  // Do not wait for the database any longer.
  process.exit(0);
}

/** Node itself would print errors with all members, in which databases put values. */
function logUncaughtErrors(log: Log): void {
  onWarning((warning) => log.warn({ err: warning }, 'warning of Node'));
  process.on('uncaughtException', (error) => {
    log.error({ err: error }, 'uncaught error; the process ends');
    process.exit(1);
  });
}
