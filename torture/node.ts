/**
 * One node: `countersign serve` with the experiment's clock and cheap hashes. It takes its settings from the environment like every server,
 * sends its port to the parent process, receives its clock's error from it, and ends with it.
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
import { timeOf, type VirtualClock } from './virtual-clock.ts';

export type NodeArguments = { readonly virtualClock: VirtualClock; readonly offset: number };

/** The server deletes expired rows every ten minutes of real time; here that would be half of an experiment. */
const expiryInterval = 20 * second;

process.on('disconnect', () => process.exit(1));

const args = JSON.parse(process.argv[2] ?? '') as NodeArguments;
let { offset } = args;
process.on('message', (next: Pick<NodeArguments, 'offset'>) => {
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
  clock: { now: () => timeOf(args.virtualClock, Date.now()) + offset },
  hashCost: cheapCost,
});
front.open(countersign.listener);
startNoticeLoop(countersign.context);
setInterval(() => {
  deleteExpired(countersign.context).catch((error: unknown) =>
    log.warn({ err: error }, 'deleting expired rows failed'),
  );
}, expiryInterval);
process.send?.({ port: front.port });
