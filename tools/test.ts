/**
 * All tests, with little to wait for: those that need no process of their own share two, and then those that start processes
 * run side by side. Run with `npm test`; for a few files there is `npm run test:some`.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { globalSetup, globalTeardown } from '../kit/postgres/setup.ts';

/** For each of the runs below. The longest takes a quarter of it, so one that reaches it was kept alive by something left open. */
const LIMIT_MS = 600_000;

const root = join(import.meta.dirname, '..');

/** Some two hundred processes read the same files: what was made of them is kept. */
const { NODE_COMPILE_CACHE = join(root, 'node_modules/.cache/compile') } = process.env;
const files = globSync('{test,bench/tests,torture/tests,tools/tests}/**/*.test.ts', { cwd: root }).toSorted();
const startsProcesses = (file: string): boolean =>
  /^(test\/(cli|docs|examples|toys)|torture\/tests|tools\/tests)\//.test(file);
const apart = files.filter(startsProcesses);
const together = files.filter((file) => !startsProcesses(file));

const shared = (half: 1 | 2, output: 'inherit' | 'pipe') =>
  run(['--test-isolation=none', `--test-shard=${half}/2`, ...together], output);

await globalSetup();
let failed: boolean;
try {
  // The second half speaks when the first has finished: two at once would make no sense to a reader.
  const halves = await Promise.all([shared(1, 'inherit'), shared(2, 'pipe')]);
  for (const { said } of halves) process.stdout.write(said);
  const rest = await run(['--test-concurrency=3', ...apart], 'inherit');
  failed = [...halves, rest].some(({ ok }) => !ok);
} finally {
  await globalTeardown();
}
process.exitCode = failed ? 1 : 0;

async function run(options: readonly string[], output: 'inherit' | 'pipe'): Promise<{ ok: boolean; said: string }> {
  const child = spawn(process.execPath, ['--test', '--test-timeout=60000', '--test-reporter=spec', ...options], {
    cwd: root,
    env: { ...process.env, NODE_COMPILE_CACHE },
    stdio: ['ignore', output, 'inherit'],
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
  const [said, ok] = await Promise.all([child.stdout === null ? '' : text(child.stdout), ended]);
  return { ok, said };
}
