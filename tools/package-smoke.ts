/**
 * The package as users get it: packed, installed into an empty folder without development dependencies, and used from there. Run with
 * `npm run smoke`.
 */
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

// For the server: to start, and to stop.
const LIMIT_MS = 30_000;
const COMMAND_LIMIT_MS = 120_000;

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'countersign-package-'));
const installed = join(folder, 'node_modules', 'countersign');

// Countersign's own variables would change the tests.
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('COUNTERSIGN_'))),
  PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
};

let server: ChildProcess | undefined;

/** Runs a command to its end and returns its output. */
async function run(command: string, args: string[], cwd = folder): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd, env: environment, timeout: COMMAND_LIMIT_MS });
  return stdout;
}

before(async () => {
  await run('npm', ['pack', '--pack-destination', folder], root);
  const [tarball = ''] = globSync('*.tgz', { cwd: folder });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  await run('npm', ['install', '--omit=dev', `./${tarball}`]);
});

after(() => {
  server?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

test('the package has the built code and no development files', () => {
  const files = globSync('**', { cwd: installed, exclude: ['node_modules/**'], withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));
  const wanted = /^(?:package\.json|LICENSE|README\.md|dist\/.+)$/;
  assert.deepEqual(
    files.filter((file) => !wanted.test(file)),
    [],
  );
  for (const file of ['LICENSE', 'dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js']) {
    assert.ok(files.includes(file), `${file} is missing`);
  }
});

test('installing the package runs no script of any package', () => {
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  assert.doesNotMatch(lock, /hasInstallScript/);
});

test('the library can be imported by its name', async () => {
  const script = `console.log(Object.keys(await import('countersign')).length)`;
  const names = await run('node', ['--input-type=module', '-e', script]);
  assert.ok(Number(names) > 0, 'it exports nothing');
});

test('its other entry points can be imported by their names', async () => {
  for (const [name, wanted] of [
    ['client', 'createClient'],
    ['express', 'requireAssurance'],
    ['fastify', 'requireAssurance'],
    ['hono', 'requireAssurance'],
  ] as const) {
    const script = `console.log(typeof (await import('countersign/${name}')).${wanted})`;
    assert.equal(await run('node', ['--input-type=module', '-e', script]), 'function\n', name);
  }
});

test('countersign serve says where it listens, gets ready, and ends well on SIGTERM', async () => {
  server = spawn(join(folder, 'node_modules', '.bin', 'countersign'), ['serve'], {
    cwd: folder,
    env: {
      ...environment,
      COUNTERSIGN_PORT: '0',
      COUNTERSIGN_DATABASE: `sqlite:${join(folder, 'countersign.db')}`,
      COUNTERSIGN_KEYS: join(folder, 'keys.json'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const url = await listeningAt(server);

  const response = await fetch(new URL('/health/ready', url));
  assert.equal(response.status, 200);
  assert.match(await (await fetch(new URL('/docs', url))).text(), /<pre><code>curl /);

  const exited = once(server, 'exit', { signal: AbortSignal.timeout(LIMIT_MS) });
  server.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
});

/** Waits for the line with the server's URL; the error has the output. */
function listeningAt(started: ChildProcess): Promise<string> {
  const { stdout, stderr } = started;
  assert.ok(stdout && stderr);
  return new Promise((resolve, reject) => {
    const output: string[] = [];
    const fail = (why: string) => (): void => reject(new Error(`the server ${why}; its output:\n${output.join('\n')}`));
    const timer = setTimeout(fail('did not start in time'), LIMIT_MS);
    started.once('error', reject);
    started.once('close', fail('ended'));
    createInterface(stderr).on('line', (line) => output.push(line));
    createInterface(stdout).on('line', (line) => {
      output.push(line);
      const url = /^countersign listening on \S+, public URL (\S+)$/.exec(line)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}
