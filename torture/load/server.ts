import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { openConnection } from '../../kit/load/client.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { openLogWatcher, type LogWatcher } from '../log-watcher.ts';
import type { Memory } from './probe.ts';

/** A server under load, in its own process. */
export type Server = AsyncDisposable & {
  readonly url: string;
  /** Memory after a garbage collection: megabytes. */
  memory(): Promise<Memory>;
  /** How many files and sockets are open; undefined where the system does not say. */
  descriptors(): number | undefined;
  readonly log: Log;
  /** Resolves when it has ended. */
  readonly ended: Promise<Ended>;
  signal(name: NodeJS.Signals): void;
};

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** Its log. */
export type Log = {
  readonly logWatcher: LogWatcher;
  /** Characters of the longest line. */
  longest(): number;
};

export type Environment = Readonly<Record<string, string>> & { readonly COUNTERSIGN_PORT: string };

const root = join(import.meta.dirname, '../..');
const megabyte = 1024 * 1024;

/** Milliseconds in which a server has to be ready. */
const patience = 30_000;

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** `countersign serve`, as operators run it. */
export const serve = (environment: Environment): Promise<Server> => start(['src/cli/main.ts', 'serve'], environment);

/** The same with cheap hashes and a virtual clock. */
export const serveFast = (environment: Environment, virtualClock: VirtualClock): Promise<Server> =>
  start(['torture/node.ts', JSON.stringify({ virtualClock, offset: 0 })], environment);

async function start(program: readonly string[], environment: Environment): Promise<Server> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('COUNTERSIGN_'));
  const child = spawn(process.execPath, ['--expose-gc', '--import', './torture/load/probe.ts', ...program], {
    cwd: root,
    env: { ...Object.fromEntries(own), NODE_COMPILE_CACHE: 'node_modules/.cache/compile', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.add(child);
  const ended = endOf(child);
  const log = watch(child);
  const url = `http://127.0.0.1:${environment.COUNTERSIGN_PORT}`;
  try {
    await ready(child, url);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    url,
    log,
    ended,
    memory: () => memoryOf(child),
    descriptors: () => (process.platform === 'linux' ? readdirSync(`/proc/${child.pid}/fd`).length : undefined),
    signal: (name) => void child.kill(name),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function endOf(child: ChildProcess): Promise<Ended> {
  const [code, signal] = (await once(child, 'close')) as [Ended['code'], Ended['signal']];
  children.delete(child);
  return { code, signal };
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  for (const end = performance.now() + patience; performance.now() < end; await wait(50)) {
    if (child.exitCode !== null) break;
    const connection = await openConnection(url).catch(() => undefined);
    const answer = await connection?.ask({ path: '/health/ready' }).catch(() => undefined);
    connection?.close();
    if (answer?.status === 200) return;
  }
  throw new Error('a server did not start');
}

function watch(child: ChildProcess): Log {
  const logWatcher = openLogWatcher();
  let longest = 0;
  if (child.stderr) {
    createInterface(child.stderr).on('line', (line) => {
      longest = Math.max(longest, line.length);
      logWatcher.readLine(line);
    });
  }
  return { logWatcher, longest: () => longest };
}

async function memoryOf(child: ChildProcess): Promise<Memory> {
  if (!child.stdout) throw new Error('a server without an output');
  child.kill('SIGUSR2');
  for (;;) {
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    const line = /^memory (.*)$/m.exec(chunk.toString())?.[1];
    if (line === undefined) continue;
    const { heapUsed, rss } = JSON.parse(line) as Memory;
    return { heapUsed: heapUsed / megabyte, rss: rss / megabyte };
  }
}
