/** A primary dies, and its standby takes its place, while people log in: `npm run failover`. docs/postgresql.md explains it. */
import { endAfter, positive, temporaryFolder } from '../../kit/run-environment.ts';
import { command, type OptionsOf } from '../../kit/command.ts';
import { run } from '../experiment.ts';
import { tellOutcome, tellProgress } from '../report.ts';
import { linesOf, toldOf, unanswered } from './summary.ts';
import { pairIn } from './pair.ts';
import { beginLoss, beginPlot, type Notes } from './scenarios.ts';

const help = `npm run failover [-- options]

  --seconds N       for which all goes well between two blows (default 10)
  --asynchronous    with a standby that the primary does not wait for, which is behind when it is promoted: what was acknowledged is lost,
                    and that is to be found
  --seed N          what people do follows from it (default 1)
  --out FILE        the figures as JSON
  --help

Three servers over a primary and a standby. Ends with 1 when something was promised and did not hold. Nothing leaves this machine.
`;

const known = {
  seconds: { type: 'string', default: '10' },
  asynchronous: { type: 'boolean', default: false },
  seed: { type: 'string', default: '1' },
  out: { type: 'string' },
} as const;

/** For how many seconds the standby may be away: what nobody answered meanwhile comes true within half a minute. */
const away = { least: 3, most: 18 };

await command({ name: 'failover', help, options: known }, failover);
// A wire that is still being cut keeps nobody waiting.
process.exit();

async function failover({ seconds, asynchronous, seed, out }: OptionsOf<typeof known>): Promise<void> {
  const rest = positive('seconds', seconds) * 1000;
  const pace = { rest, away: Math.min(Math.max(1.5 * rest, away.least * 1000), away.most * 1000) };
  // All of it, with what goes before and after; a standby is made anew in some seconds.
  const minutes = (8 * rest) / 60_000 + 2;
  endAfter((minutes + 2) * 60_000);
  using folder = temporaryFolder();
  await using pair = await pairIn(folder.path, !asynchronous);
  const notes: Notes = { blows: [], violations: [] };
  const begin = asynchronous ? beginLoss : beginPlot;
  const outcome = await run(
    {
      database: `postgres with ${asynchronous ? 'an asynchronous' : 'a synchronous'} standby`,
      seed: positive('seed', seed),
      minutes,
      operations: Infinity,
    },
    { database: pair, servers: 3, befall: (happening) => begin(pair, pace, happening, notes) },
    folder.path,
    tellProgress,
  );
  const blows = notes.blows.map((blow) => toldOf(blow, outcome.seen));
  const violations = [...outcome.violations, ...notes.violations, ...unanswered(outcome.seen)];
  process.stdout.write(`\n${linesOf(blows)}\n`);
  tellOutcome({ ...outcome, violations, figures: { ...outcome.figures, violations: violations.length } }, out, {
    blows,
  });
}
