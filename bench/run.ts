/** Measures Countersign on this machine: `npm run bench`. bench/README.md explains every figure. */
import { join } from 'node:path';
import { writeKeyFile } from '../src/base/key-file.ts';
import { makeKeyRing } from '../src/base/keys.ts';
import { systemRandom } from '../src/base/random.ts';
import { figuresOf } from './figures.ts';
import { measure } from './measure.ts';
import { startPostgres } from './postgres.ts';
import { buildPublished } from './published.ts';
import { startHello, startHouse, startLoad } from './processes.ts';
import { endAfter, machine, positive, temporaryFolder } from './setting.ts';
import { measureStarts } from './starts.ts';
import { tableOf } from './table.ts';
import { command, type OptionsOf } from '../tools/command.ts';

const help = `npm run bench [-- options]

  --seconds N           for each timed measurement (default 2)
  --rounds N            of all measurements (default 3)
  --database postgres   instead of SQLite
  --json                figures as JSON
  --help
`;

/** Milliseconds after which something hangs. */
const patience = 15 * 60_000;

const known = {
  seconds: { type: 'string', default: '2' },
  rounds: { type: 'string', default: '3' },
  database: { type: 'string', default: 'sqlite' },
  json: { type: 'boolean', default: false },
} as const;

type Options = OptionsOf<typeof known>;

await command({ name: 'bench', help, options: known }, run);

async function run(options: Options): Promise<void> {
  const [seconds, rounds] = [positive('seconds', options.seconds), positive('rounds', options.rounds)];
  if (!['sqlite', 'postgres'].includes(options.database)) throw new Error('--database must be sqlite or postgres');
  endAfter(patience);
  const { loadBefore, ...where } = machine();
  const figures = await measureAll(options.database, seconds, rounds);
  const about = `Countersign ${where.version}, Node ${where.node}, ${options.database}, ${where.cpus} CPUs (${where.cpu})
The load is made on the same CPUs. Load before the run: ${loadBefore?.toFixed(2)}
Medians of ${rounds} rounds of ${seconds} s, in parentheses the least and the most`;
  const told = options.json
    ? JSON.stringify(
        { machine: { ...where, database: options.database, loadBefore }, seconds, rounds, ...figures },
        null,
        2,
      )
    : `${about}\n\n${tableOf(figures)}`;
  process.stdout.write(`${told}\n`);
}

async function measureAll(database: string, seconds: number, rounds: number) {
  const tell = (progress: string) => process.stderr.write(`${progress}\n`);
  using folder = temporaryFolder();
  await using postgres = database === 'postgres' ? await startPostgres() : undefined;
  const keysFile = join(folder.path, 'keys.json');
  writeKeyFile(keysFile, makeKeyRing(systemRandom), systemRandom);
  const settings = async (name: string) => ({
    COUNTERSIGN_DATABASE: postgres ? await postgres.newDatabase() : `sqlite:${join(folder.path, `${name}.db`)}`,
    COUNTERSIGN_KEYS: keysFile,
  });
  const starts = await measureStarts(await buildPublished(), (turn) => settings(`start-${turn}`), tell);
  await using house = await startHouse(await settings('house'));
  await using hello = await startHello();
  await using load = startLoad();
  return figuresOf(await measure({ house, hello, load, seconds, rounds, tell }), starts);
}
