/**
 * The tests that `npm test` leaves out, for they need processes, minutes or another Node: `npm run test:all [STEP …]`. It continues after a
 * failed step, and ends with 1 then.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { globalSetup, globalTeardown } from '../kit/postgres/setup.ts';
import { root, runProcessTests, runPromises, runTests, totalOf, type Run } from './test-runs.ts';

/** The oldest line of Node that is supported. */
const NODE_24 = '24.21.0';

const steps: Readonly<Record<string, () => Promise<readonly Run[]>>> = {
  promises: () => runPromises(process.execPath),
  processes: () => runProcessTests(process.execPath),
  'node-24': onNode24,
  package: () => script('smoke'),
  torture: async () => [
    ...(await script('torture', '--database', 'sqlite', '--minutes', '2')),
    ...(await script('torture', '--database', 'postgres', '--minutes', '2')),
  ],
  failover: () => script('failover'),
  load: () => script('load', '--minutes', '1'),
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !Object.hasOwn(steps, name));
if (unknown.length > 0) {
  console.error(`no such step: ${unknown.join(', ')}. The steps are ${Object.keys(steps).join(', ')}.`);
  process.exit(2);
}

await globalSetup();
const all: Run[] = [];
try {
  for (const [name, step] of Object.entries(steps)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    console.log(`\n== ${name}`);
    const began = performance.now();
    const runs = await step();
    all.push(...runs);
    console.log(`== ${name}: ${totalOf(runs).line}, ${Math.round((performance.now() - began) / 1000)} s`);
  }
} finally {
  await globalTeardown();
}
const { line, ok } = totalOf(all);
console.log(`\n${line}`);
process.exitCode = ok ? 0 : 1;

/** A script of package.json; it counts as one test. */
async function script(name: string, ...options: readonly string[]): Promise<readonly Run[]> {
  const child = spawn('npm', ['run', '-s', name, '--', ...options], { cwd: root, stdio: 'inherit' });
  const ended = await new Promise<boolean>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0));
  });
  return [{ passed: ended ? 1 : 0, failed: ended ? 0 : 1, skipped: 0, ended }];
}

async function onNode24(): Promise<readonly Run[]> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-node-24-'));
  try {
    const name = `node-${process.platform === 'darwin' && process.arch === 'arm64' ? 'bin-' : ''}${process.platform}-${process.arch}`;
    const options = ['install', '--loglevel=error', '--prefix', folder, `${name}@${NODE_24}`];
    const { status } = spawnSync('npm', options, { stdio: 'inherit' });
    if (status !== 0) throw new Error(`Node ${NODE_24} could not be installed`);
    const node = join(folder, 'node_modules', name, 'bin/node');
    return [...(await runTests(node)), ...(await runPromises(node)), ...(await runProcessTests(node))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
