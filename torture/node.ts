/**
 * One node: `countersign serve` in all but its clock, which the experiment sets. It takes its settings from the environment like every
 * server, says its port to who started it, hears from there how wrong its clock is, and ends when nobody is there any more.
 */
import { second } from '../src/base/clock.ts';
import { gatewaysOf } from '../src/cli/gateways.ts';
import { listen } from '../src/cli/listen.ts';
import { createLog } from '../src/cli/log.ts';
import { readSettings } from '../src/cli/settings.ts';
import { startNoticeLoop } from '../src/cli/notice-loop.ts';
import { createCountersign } from '../src/countersign.ts';
import { deleteExpired } from '../src/engine/operations.ts';
import { cheapCost } from '../kit/hasher.ts';
import { timeOf, type Course } from './virtual-clock.ts';

export type Told = { readonly course: Course; readonly offset: number };

/** The house sweeps every ten minutes of the wall's time; here that is half of an experiment. */
const sweepEvery = 20 * second;

process.on('disconnect', () => process.exit(1));

const told = JSON.parse(process.argv[2] ?? '') as Told;
let { offset } = told;
process.on('message', (next: Pick<Told, 'offset'>) => {
  offset = next.offset;
});

const settings = readSettings(process.env);
const log = createLog(settings.logLevel);
const front = await listen(settings.host, settings.port);
const countersign = await createCountersign({
  ...settings.options,
  gateways: gatewaysOf(settings),
  url: settings.url ?? `http://localhost:${front.port}`,
  log,
  clock: { now: () => timeOf(told.course, Date.now()) + offset },
  hashCost: cheapCost,
});
front.open(countersign.listener);
startNoticeLoop(countersign.context);
setInterval(() => {
  deleteExpired(countersign.context).catch((error: unknown) => log.warn({ err: error }, 'a sweep failed'));
}, sweepEvery);
process.send?.({ port: front.port });
