/** Fuzzes for longer than the tests do: `npm run fuzz`. */
import { positive } from '../../kit/run-environment.ts';
import { command } from '../../kit/command.ts';
import { fuzz } from './fuzz.ts';

const help = `npm run fuzz [-- options]

  --requests N      (default 100000)
  --seed N          repeats them (default: drawn, and told)
  --help

Random requests to every route, against servers in this process. Ends with 1 at the first fault.
`;

const options = { requests: { type: 'string', default: '100000' }, seed: { type: 'string' } } as const;

await command({ name: 'fuzz', help, options }, async (given) => {
  const requests = positive('requests', given.requests);
  const seed = positive('seed', given.seed ?? String(1 + Math.floor(Math.random() * 1_000_000)));
  console.log(`seed ${seed}`);
  const { statuses, granted, routes } = await fuzz(requests, seed, (sent) => {
    if (sent % 5000 === 0) console.log(`${sent} of ${requests} requests`);
  });
  console.log(
    `${requests} requests, no fault; ${granted} of ${routes} routes granted something; by status: ${JSON.stringify(statuses)}`,
  );
});
