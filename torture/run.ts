/**
 * Kills servers, drops connections and moves clocks while people log in, and checks the answers: `npm run torture`. docs/reliability.md
 * explains it.
 */
import { positive, temporaryFolder } from '../kit/run-environment.ts';
import { runExperiment } from './experiment.ts';
import { postgresIn, sqliteIn } from './database.ts';
import { injectRandomFaults } from './faults.ts';
import { printOutcome, printProgress } from './report.ts';
import { command, type OptionsOf } from '../kit/command.ts';

const help = `npm run torture [-- options]

  --database NAME   sqlite (default): two servers over one file; postgres: three over one PostgreSQL; pgbouncer:
                    the same through pgbouncer in transaction mode, which has to be installed
  --minutes N       (default 1)
  --operations N    at most (default 1000000)
  --seed N          determines the actions and the faults (default: random, printed at the start)
  --out FILE        the figures as JSON
  --help

Ends with 1 when a promise is broken. Nothing leaves this machine.
`;

const known = {
  database: { type: 'string', default: 'sqlite' },
  minutes: { type: 'string', default: '1' },
  operations: { type: 'string', default: '1000000' },
  seed: { type: 'string' },
  out: { type: 'string' },
} as const;

await command({ name: 'torture', help, options: known }, torture);
// A proxy that is still open would keep the process alive.
process.exit();

async function torture(options: OptionsOf<typeof known>): Promise<void> {
  const { database, out } = options;
  if (!['sqlite', 'postgres', 'pgbouncer'].includes(database))
    throw new Error('--database must be sqlite, postgres or pgbouncer');
  const seed = options.seed === undefined ? Math.floor(Math.random() * 1_000_000) + 1 : positive('seed', options.seed);
  const plan = {
    database,
    seed,
    minutes: positive('minutes', options.minutes),
    operations: positive('operations', options.operations),
  };
  process.stdout.write(`${database}, seed ${seed}, ${plan.minutes} minutes\n`);
  using folder = temporaryFolder();
  await using databaseUnderTest =
    database === 'sqlite' ? sqliteIn(folder.path) : await postgresIn(folder.path, database === 'pgbouncer');
  const outcome = await runExperiment(
    plan,
    {
      database: databaseUnderTest,
      servers: database === 'sqlite' ? 2 : 3,
      injectFaults: (faultContext) => injectRandomFaults(databaseUnderTest, faultContext),
    },
    folder.path,
    printProgress,
  );
  printOutcome(outcome, out);
}
