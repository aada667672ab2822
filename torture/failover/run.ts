/** A primary fails and its standby is promoted while people log in: `npm run failover`. docs/postgresql.md explains it. */
import { endAfter, positive, temporaryFolder } from '../../kit/run-environment.ts';
import { command, type OptionsOf } from '../../kit/command.ts';
import { runExperiment } from '../experiment.ts';
import { printOutcome, printProgress } from '../report.ts';
import { summaryTable, summarize, unanswered } from './summary.ts';
import { pairIn } from './pair.ts';
import { dataLossScenario, failoverScenario, type Notes } from './scenarios.ts';

const help = `npm run failover [-- options]

  --seconds N       between two faults (default 10)
  --asynchronous    with an asynchronous standby, which lags behind when it is promoted: acknowledged changes are lost, and the checker has
                    to find that
  --seed N          determines the actions (default 1)
  --out FILE        the figures as JSON
  --help

Three servers over a primary and a standby. Ends with 1 when a promise is broken. Nothing leaves this machine.
`;

const known = {
  seconds: { type: 'string', default: '10' },
  asynchronous: { type: 'boolean', default: false },
  seed: { type: 'string', default: '1' },
  out: { type: 'string' },
} as const;

/** Seconds for which the standby may be down: a request without an answer takes effect within half a minute. */
const standbyDowntime = { least: 3, most: 18 };

await command({ name: 'failover', help, options: known }, failover);
// A proxy that is still open would keep the process alive.
process.exit();

async function failover({ seconds, asynchronous, seed, out }: OptionsOf<typeof known>): Promise<void> {
  const pause = positive('seconds', seconds) * 1000;
  const pace = {
    pause,
    standbyDowntime: Math.min(Math.max(1.5 * pause, standbyDowntime.least * 1000), standbyDowntime.most * 1000),
  };
  // The whole scenario, with start and end; a standby is rebuilt in some seconds.
  const minutes = (8 * pause) / 60_000 + 2;
  endAfter((minutes + 2) * 60_000);
  using folder = temporaryFolder();
  await using pair = await pairIn(folder.path, !asynchronous);
  const notes: Notes = { faults: [], violations: [] };
  const begin = asynchronous ? dataLossScenario : failoverScenario;
  const outcome = await runExperiment(
    {
      database: `postgres with ${asynchronous ? 'an asynchronous' : 'a synchronous'} standby`,
      seed: positive('seed', seed),
      minutes,
      operations: Infinity,
    },
    { database: pair, servers: 3, injectFaults: (faultContext) => begin(pair, pace, faultContext, notes) },
    folder.path,
    printProgress,
  );
  const faults = notes.faults.map((fault) => summarize(fault, outcome.seen));
  const violations = [...outcome.violations, ...notes.violations, ...unanswered(outcome.seen)];
  process.stdout.write(`\n${summaryTable(faults)}\n`);
  printOutcome({ ...outcome, violations, figures: { ...outcome.figures, violations: violations.length } }, out, {
    faultSummaries: faults,
  });
}
