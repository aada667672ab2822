/** Runs test files and counts the results, for `npm test` and `npm run test:all`. */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Flavour } from '../src/store/store.ts';
import { RECORD, type Counts } from './test-reporter.ts';

export const root = join(import.meta.dirname, '..');

/** For each run. On an idle machine the longest takes a fifth of it, so a run that reaches it has left something open. */
const LIMIT_MS = 1_200_000;

const files = globSync('{test,bench/tests,tools/tests,torture/tests}/**/*.test.ts', { cwd: root }).toSorted();

/** Tests that start servers, commands, browsers, builds or threads, and the long one. */
const ofProcesses =
  /^(?:test\/(?:cli|docs|examples|fuzz|toys)\/|torture\/tests\/|tools\/tests\/|test\/store\/threads\.|test\/promises\/(?:two-nodes|keys-rotate-while-people-log-in)\.)/;
const withProcesses = files.filter((file) => ofProcesses.test(file));
const withoutProcesses = files.filter((file) => !ofProcesses.test(file));

/** Each of these walks through many routes, credentials or codes. They take a third of the time. */
const [promises, others] = partition(withoutProcesses, (file) => file.startsWith('test/promises/'));

export type Run = Counts & {
  /** Whether the runner itself ended with 0, and not by a signal or a timeout. */
  readonly ended: boolean;
};

/** Tests that need no process of their own, each group in two processes. Those of the promises run on SQLite alone. */
export async function runTests(node: string): Promise<readonly Run[]> {
  return [...(await runHalves(node, others)), ...(await runHalves(node, promises, 'sqlite'))];
}

/** The tests of the promises, on PostgreSQL. */
export const runPromises = (node: string): Promise<readonly Run[]> => runHalves(node, promises, 'postgres');

async function runHalves(node: string, chosen: readonly string[], database?: Flavour): Promise<readonly Run[]> {
  const half = (shard: string) =>
    run(node, ['--test-isolation=none', '--test-timeout=60000', `--test-shard=${shard}`, ...chosen], database);
  return Promise.all([half('1/2'), half('2/2')]);
}

function partition<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): readonly [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

/**
 * Tests that start processes, each file in a process of its own. The longest takes half a minute on an idle machine, and
 * another program may take both CPUs.
 */
export async function runProcessTests(node: string): Promise<readonly Run[]> {
  return [await run(node, ['--test-concurrency=3', '--test-timeout=180000', ...withProcesses])];
}

/** One line for all runs, and whether no test failed. */
export function totalOf(runs: readonly Run[]): { readonly line: string; readonly ok: boolean } {
  const sum = (count: (run: Run) => number) => runs.reduce((total, one) => total + count(one), 0);
  const failed = sum((one) => (one.ended || one.failed > 0 ? one.failed : 1));
  const skipped = sum((one) => one.skipped);
  const line = `${sum((one) => one.passed)} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  return { line, ok: failed === 0 };
}

let shown = 0;

/** Shows on a terminal how many have passed so far. */
function showProgress(more: number): void {
  shown += more;
  if (process.stderr.isTTY) process.stderr.write(`\r${shown} passed`);
}

async function run(node: string, options: readonly string[], database?: Flavour): Promise<Run> {
  const reporter = `--test-reporter=${join(root, 'tools/test-reporter.ts')}`;
  const child = spawn(node, ['--test', reporter, ...options], {
    cwd: root,
    // Some two hundred processes compile the same files: the result is cached.
    env: {
      NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compile'),
      ...process.env,
      ...(database && { TEST_DATABASE: database }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<boolean>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (signal !== null) console.error(`A test run ended by ${signal}; after ${LIMIT_MS / 1000} s it is killed.`);
      resolve(code === 0);
    });
  });
  let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith(RECORD)) {
      console.log(line);
      continue;
    }
    const record = JSON.parse(line.slice(RECORD.length)) as { progress?: number; counts?: Counts };
    showProgress(record.progress ?? 0);
    counts = record.counts ?? counts;
  }
  return { ...counts, ended: (await ended) && counts.passed > 0 };
}
