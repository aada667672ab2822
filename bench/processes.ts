import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { defaultHashCost } from '../src/base/hasher.ts';
import { usageOf, type Usage } from '../kit/load/cpu.ts';
import { administrator } from '../kit/load/countersign.ts';
import type { Orders } from './load.ts';

/** A child process, which ends when it is disposed of. */
export type Running = AsyncDisposable & {
  readonly url: string;
  /** The CPU that it has used so far; undefined where the system does not say. */
  cpu(): Usage | undefined;
};

const root = join(import.meta.dirname, '..');

/** A package of its own, which is installed for measurements only. */
export const betterAuthFolder = join(import.meta.dirname, 'better-auth');

/** Milliseconds in which a server has to start. */
const patience = 30_000;

const source = 'src/cli/main.ts';

/** Countersign as `npm start` starts it, or another build. Its log is written and discarded. */
export function startCountersign(environment: Readonly<Record<string, string>>, program = source): Promise<Running> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('COUNTERSIGN_'));
  const settings = {
    // As in package.json.
    ...(program === source && { NODE_COMPILE_CACHE: 'node_modules/.cache/compile' }),
    COUNTERSIGN_PORT: '0',
    COUNTERSIGN_REGISTRATION: 'open',
    COUNTERSIGN_ADMIN_PASSWORD: administrator.password,
    ...environment,
  };
  return start([program, 'serve'], { ...Object.fromEntries(own), ...settings });
}

/** The minimal server. */
export function startHello(): Promise<Running> {
  return start(['bench/hello.ts'], process.env);
}

/** Better Auth, with the same hash cost. */
export function startBetterAuth(database: string): Promise<Running> {
  const settings = {
    BENCH_DATABASE: database,
    BENCH_HASH_COST: JSON.stringify(defaultHashCost),
    NODE_ENV: 'production',
  };
  return start([join(betterAuthFolder, 'server.mjs')], { ...process.env, ...settings });
}

/** Killed when this process ends. */
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

async function start(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Running> {
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'ignore'] });
  children.add(child);
  try {
    return { url: await listening(child), cpu: () => usageOf(child.pid), [Symbol.asyncDispose]: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

async function listening(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('a server without an output');
  const timer = setTimeout(() => child.kill('SIGKILL'), patience);
  try {
    for await (const line of createInterface(child.stdout)) {
      const url = / listening on (?:\S+, public URL )?(\S+)$/.exec(line)?.[1];
      if (url !== undefined) return url.replace('//localhost', '//127.0.0.1');
    }
  } finally {
    clearTimeout(timer);
  }
  throw new Error(`a server did not start: ${child.spawnargs.join(' ')}`);
}

async function stop(child: ChildProcess): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** The load process. */
export type Load = AsyncDisposable &
  Pick<Running, 'cpu'> & {
    /** One order at a time. */
    run<Order extends keyof Orders>(order: Order, input: Parameters<Orders[Order]>[0]): ReturnType<Orders[Order]>;
  };

export function startLoad(): Load {
  const child = fork(join(import.meta.dirname, 'load.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  children.add(child);
  let answered: PromiseWithResolvers<unknown> | undefined;
  child.on('message', ({ result, error }: { result?: unknown; error?: string }) => {
    if (error === undefined) answered?.resolve(result);
    else answered?.reject(new Error(error));
  });
  child.on('exit', () => answered?.reject(new Error('the load generator ended')));
  async function run(order: string, input: unknown): Promise<unknown> {
    answered = Promise.withResolvers();
    child.send({ order, input });
    return answered.promise;
  }
  // Answers are numbers and lists of them, which IPC does not change.
  return { run: run as Load['run'], cpu: () => usageOf(child.pid), [Symbol.asyncDispose]: () => stop(child) };
}
