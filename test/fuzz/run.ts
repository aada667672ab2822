/**
 * Fuzzes for longer than the tests do.
 *
 *   npm run fuzz -- --requests 100000 --seed 1
 */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', default: false },
  },
});
const [requests, seed] = [Number(values.requests), Number(values.seed)];
if (values.help || !Number.isSafeInteger(requests) || !Number.isSafeInteger(seed)) {
  console.log(
    'npm run fuzz -- [--requests 100000] [--seed N]: random requests to every route, against a house in this process',
  );
} else {
  console.log(`seed ${seed}`);
  const { statuses, granted, routes } = await fuzz(requests, seed, (sent) => {
    if (sent % 5000 === 0) console.log(`${sent} of ${requests} requests`);
  });
  console.log(
    `${requests} requests, no fault; ${granted} of ${routes} routes granted something; by status: ${JSON.stringify(statuses)}`,
  );
}
