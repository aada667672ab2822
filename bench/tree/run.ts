/** Measures whether a big tree costs more than a small one: `npm run bench:tree`. bench/README.md explains it. */
import { minute } from '../../src/base/clock.ts';
import { clockAt } from '../../kit/clock.ts';
import { startPostgres } from '../../kit/load/postgres.ts';
import { writePostgresPlans } from './query-plans.ts';
import { endAfter, machine, positive, temporaryFolder } from '../../kit/run-environment.ts';
import { compare, limit, type Compared } from './compare.ts';
import { openTree } from './tree-server.ts';
import { plansOf } from './plans.ts';
import { showProgress } from './progress.ts';
import type { Size } from './seed.ts';
import { tableOf } from './table.ts';
import { buildTree, small, type Made } from './trees.ts';
import { command, type OptionsOf } from '../../kit/command.ts';

const help = `npm run bench:tree [-- options]

  --accounts N      of the big tree (default 10000)
  --users N         (default 100000)
  --attempts N      in the log (default 1000000)
  --database NAME   sqlite, postgres or both (default both)
  --plans           also write PostgreSQL's plans into docs/query-plans.md
  --help

Ends with 1 when something costs more than ${limit} times what it costs in a small tree.
`;

const patience = 30 * minute;

const known = {
  accounts: { type: 'string', default: '10000' },
  users: { type: 'string', default: '100000' },
  attempts: { type: 'string', default: '1000000' },
  database: { type: 'string', default: 'both' },
  plans: { type: 'boolean', default: false },
} as const;

type Options = OptionsOf<typeof known>;

await command({ name: 'bench', help, options: known }, run);

async function run(options: Options): Promise<void> {
  const big = { accounts: of('accounts'), users: of('users'), attempts: of('attempts') };
  const { database } = options;
  if (!['sqlite', 'postgres', 'both'].includes(database))
    throw new Error('--database must be sqlite, postgres or both');
  endAfter(patience);
  const { version, node, cpus, cpu, loadBefore } = machine();
  process.stdout
    .write(`Countersign ${version}, Node ${node}, ${cpus} CPUs (${cpu}). Load before the run: ${loadBefore?.toFixed(2)}
Small tree: ${words(small)}. Big tree: ${words(big)}\n`);
  for (const flavour of database === 'both' ? ['sqlite', 'postgres'] : [database]) {
    const { compared, made } = await measureOn(flavour, big, options.plans);
    process.stdout.write(`\n${tableOf(flavour, made, compared)}\n`);
    if (compared.some(({ ratio }) => ratio.median > limit)) process.exitCode = 1;
  }

  function of(name: keyof Size): number {
    const number = positive(name, options[name]);
    if (Number.isInteger(number) && number >= small[name]) return number;
    throw new Error(`--${name} must be a whole number, and no less than the ${small[name]} of the small tree`);
  }
}

async function measureOn(
  flavour: string,
  size: Size,
  plans: boolean,
): Promise<{ compared: readonly Compared[]; made: Made }> {
  const tell = showProgress(process.stderr);
  using folder = temporaryFolder();
  await using postgres = flavour === 'postgres' ? await startPostgres() : undefined;
  // One clock for both, so that no code is used twice.
  const clock = clockAt('2026-12-01T00:00:00Z');
  const options = { folder: folder.path, postgres, clock, tell };
  const [smaller, made] = [await buildTree(options, 'small', small), await buildTree(options, 'big', size)];
  await using smallServer = await openTree(smaller.place, smaller.tree, clock);
  await using bigServer = await openTree(made.place, made.tree, clock);
  if (plans && postgres) {
    const how = `Taken on ${new Date().toISOString().slice(0, 10)} with \`npm run bench:tree -- --plans\`, in a tree of ${words(size)}.`;
    writePostgresPlans(how, await plansOf(bigServer, 'postgres'));
  }
  return { compared: await compare(smallServer, bigServer, tell), made };
}

function words({ accounts, users, attempts }: Size): string {
  const [some, people, tries] = [accounts, users, attempts].map((count) => count.toLocaleString('en-US'));
  return `${some} accounts, ${people} users, ${tries} attempts`;
}
