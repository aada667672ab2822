/** Removes one guard after the other from a copy of the server, and shows that the experiment finds it: `npm run torture:mutants`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { positive, temporaryFolder } from '../../kit/run-environment.ts';
import type { Figures } from '../figures.ts';
import type { Violation } from '../history.ts';
import { build } from './build.ts';
import { mutants, type Mutant } from './list.ts';
import { command, type OptionsOf } from '../../kit/command.ts';

const help = `npm run torture:mutants [-- options]

  --database NAME   sqlite (default) or postgres
  --minutes N       for each (default 0.5; some take longer)
  --seed N          (default 1)
  --only TEXT       mutants whose name contains it
  --help

Each gets up to three experiments. Ends with 1 when a mutant was not found.
`;

const known = {
  database: { type: 'string', default: 'sqlite' },
  minutes: { type: 'string', default: '0.5' },
  seed: { type: 'string', default: '1' },
  only: { type: 'string', default: '' },
} as const;

type Options = OptionsOf<typeof known>;

/** Some mutants show only in a race: each gets this many experiments, with seeds of their own. */
const mostTries = 3;

await command({ name: 'torture', help, options: known }, runMutants);

async function runMutants(options: Options): Promise<void> {
  positive('minutes', options.minutes);
  using folder = temporaryFolder();
  const chosen = mutants.filter(({ name }) => name.includes(options.only));
  const rows: string[] = [];
  for (const [at, mutant] of chosen.entries()) {
    process.stderr.write(`${at + 1} of ${chosen.length}: ${mutant.name}\n`);
    const { tries, operations, found, others } = await findMutant(mutant, join(folder.path, 'mutant'), options);
    rows.push(
      `| ${mutant.name} | ${found[0]?.rule ?? `not found (${mutant.rule})`} | ${found.length} | ${others} | ${tries} | ${operations.toLocaleString('en-US')} |`,
    );
    if (found.length === 0) process.exitCode = 1;
  }
  const head = [
    '| mutant | broken rule | times | other broken rules | experiments | operations |',
    '| --- | --- | --: | --: | --: | --: |',
  ];
  process.stdout.write(`${[...head, ...rows].join('\n')}\n`);
}

async function findMutant(mutant: Mutant, folder: string, options: Options) {
  let operations = 0;
  for (let tries = 1; ; tries += 1) {
    const result = await torture(mutant, folder, { ...options, seed: String(Number(options.seed) + tries - 1) });
    operations += result.operations;
    const found = result.broken.filter(({ rule }) => rule.startsWith(mutant.rule));
    const others = new Set(result.broken.filter((one) => !found.includes(one)).map(({ rule }) => rule)).size;
    if (found.length > 0 || tries === mostTries) return { tries, operations, found, others };
  }
}

type Result = Figures & { readonly broken: readonly Violation[] };

async function torture(mutant: Mutant, folder: string, { database, minutes, seed }: Options): Promise<Result> {
  build(mutant, folder);
  const out = join(folder, 'figures.json');
  const args = [
    '--database',
    database,
    '--minutes',
    String(Math.max(Number(minutes), mutant.minutes ?? 0)),
    '--seed',
    seed,
    '--out',
    out,
  ];
  const child = spawn(process.execPath, ['torture/run.ts', ...args], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const output: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0 && code !== 1) throw new Error(`an experiment ended with ${code}: ${output.join('').slice(-2000)}`);
  try {
    return JSON.parse(readFileSync(out, 'utf8')) as Result;
  } catch (error) {
    throw new Error(`an experiment wrote no figures: ${output.join('').slice(-2000)}`, { cause: error });
  }
}
