/** Kills, cuts and mistimes servers while people log in, and checks what they were answered: `npm run torture`. docs/reliability.md explains it. */
import { positive, temporaryFolder } from '../kit/run-environment.ts';
import { run } from './experiment.ts';
import { postgresIn, sqliteIn } from './database.ts';
import { beginFaults } from './faults.ts';
import { tellOutcome, tellProgress } from './report.ts';
import { command, type OptionsOf } from '../kit/command.ts';

const help = `npm run torture [-- options]

  --database NAME   sqlite (default): two servers over one file; postgres: three over one PostgreSQL; pgbouncer:
                    the same through pgbouncer in transaction mode, which has to be installed
  --minutes N       (default 1)
  --operations N    at most (default 1000000)
  --seed N          what people do and what goes wrong follows from it (default: drawn, and told)
  --out FILE        the figures as JSON
  --help

Ends with 1 when something was promised and did not hold. Nothing leaves this machine.
`;

const known = {
  database: { type: 'string', default: 'sqlite' },
  minutes: { type: 'string', default: '1' },
  operations: { type: 'string', default: '1000000' },
  seed: { type: 'string' },
  out: { type: 'string' },
} as const;

await command({ name: 'torture', help, options: known }, torture);
// A wire that is still being cut keeps nobody waiting.
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
  await using scene =
    database === 'sqlite' ? sqliteIn(folder.path) : await postgresIn(folder.path, database === 'pgbouncer');
  const outcome = await run(
    plan,
    {
      database: scene,
      servers: database === 'sqlite' ? 2 : 3,
      befall: (happening) => beginFaults(scene, happening),
    },
    folder.path,
    tellProgress,
  );
  tellOutcome(outcome, out);
}
