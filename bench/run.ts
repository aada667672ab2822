/** Measures Countersign on this machine: `npm run bench`. docs/performance.md explains every figure. */
import { join } from 'node:path';
import { writeKeyFile } from '../src/base/key-file.ts';
import { makeKeyRing } from '../src/base/keys.ts';
import { systemRandom } from '../src/base/random.ts';
import { figuresOf, type Figures } from './figures.ts';
import { installBetterAuth } from './install.ts';
import { measure } from './measure.ts';
import { aboutOf, writePage, type Report } from './page.ts';
import type { Flavour } from './plan.ts';
import { startPostgres } from '../kit/load/postgres.ts';
import { buildPublished } from './published.ts';
import { startBetterAuth, startHello, startCountersign, startLoad } from './processes.ts';
import { endAfter, machine, positive, temporaryFolder } from '../kit/run-environment.ts';
import { measureStarts } from './starts.ts';
import { asText, equalTimeOf, tablesOf } from './table.ts';
import { command, type OptionsOf } from '../kit/command.ts';

const help = `npm run bench [-- options]

  --seconds N             for each timed measurement (default 1)
  --rounds N              of all measurements (default 3)
  --people N              for each measurement that uses codes: each person has one code in a round (default 200)
  --database NAME         sqlite, postgres or both (default both)
  --without-better-auth   measures Countersign alone
  --json                  figures as JSON
  --write                 also writes docs/performance.md and its chart
  --help
`;

/** Milliseconds after which a run is ended: for preparation, and for each second of each round. */
const patience = 10 * 60_000;

const known = {
  seconds: { type: 'string', default: '1' },
  rounds: { type: 'string', default: '3' },
  people: { type: 'string', default: '200' },
  database: { type: 'string', default: 'both' },
  'without-better-auth': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
} as const;

type Options = OptionsOf<typeof known>;

type Settings = Pick<Report, 'seconds' | 'rounds' | 'people'> & {
  readonly withBetterAuth: boolean;
  readonly published: string;
};

await command({ name: 'bench', help, options: known }, run);

function tell(progress: string): void {
  process.stderr.write(`${progress}\n`);
}

async function run(options: Options): Promise<void> {
  const [seconds, rounds] = [positive('seconds', options.seconds), positive('rounds', options.rounds)];
  const people = positive('people', options.people);
  const { database, write } = options;
  if (!['sqlite', 'postgres', 'both'].includes(database))
    throw new Error('--database must be sqlite, postgres or both');
  if (write && (database !== 'both' || options['without-better-auth'])) throw new Error('--write needs all figures');
  endAfter(patience + rounds * seconds * patience);
  const where = machine();
  const betterAuth = options['without-better-auth'] ? undefined : await installBetterAuth(tell);
  const sizes = { seconds, rounds, people };
  const settings = { ...sizes, withBetterAuth: betterAuth !== undefined, published: await buildPublished() };
  const databases: Figures[] = [];
  for (const flavour of ['sqlite', 'postgres'] as const) {
    if (database === flavour || database === 'both') databases.push(await measureOn(flavour, settings));
  }
  const report = { date: new Date().toISOString().slice(0, 10), where, betterAuth, ...sizes, databases };
  process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : textOf(report)}\n`);
  if (write) writePage(report);
}

function textOf(report: Report): string {
  const ofDatabase = (figures: Figures) => [
    ...tablesOf(figures).map((table) => `${figures.flavour}: ${table.title}\n${asText(table)}`),
    equalTimeOf(figures).join('\n'),
  ];
  return [aboutOf(report), ...report.databases.flatMap(ofDatabase)].join('\n\n');
}

async function measureOn(flavour: Flavour, { withBetterAuth, published, ...sizes }: Settings): Promise<Figures> {
  using folder = temporaryFolder();
  await using postgres = flavour === 'postgres' ? await startPostgres() : undefined;
  const keysFile = join(folder.path, 'keys.json');
  writeKeyFile(keysFile, makeKeyRing(systemRandom), systemRandom);
  const newDatabase = async (name: string) =>
    postgres ? postgres.newDatabase() : `sqlite:${join(folder.path, `${name}.db`)}`;
  const settings = (database: string) => ({ COUNTERSIGN_DATABASE: database, COUNTERSIGN_KEYS: keysFile });
  const fresh = async (turn: number) => settings(await newDatabase(`start-${turn}`));
  const starts = await measureStarts(published, fresh, (progress) => tell(`${flavour}: ${progress}`));
  const [own, others] = [await newDatabase('countersign'), await newDatabase('better-auth')];
  await using countersign = await startCountersign(settings(own));
  await using betterAuth = withBetterAuth ? await startBetterAuth(others) : undefined;
  await using hello = await startHello();
  await using load = startLoad();
  const measured = await measure({
    flavour,
    countersign: { ...countersign, database: own },
    betterAuth: betterAuth && { ...betterAuth, database: others },
    hello,
    load,
    database: await newDatabase('commits'),
    databaseCpu: () => postgres?.cpu(),
    ...sizes,
    tell: (progress) => tell(`${flavour}: ${progress}`),
  });
  return figuresOf(flavour, measured, starts);
}
