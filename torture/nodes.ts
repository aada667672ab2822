import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { VirtualClock } from './virtual-clock.ts';
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import type { NodeArguments } from './node.ts';

/** A server of the experiment, which is killed and restarted. Clients reach it through a proxy. */
export type Node = AsyncDisposable & {
  readonly proxy: TcpProxy;
  isUp(): boolean;
  start(): Promise<void>;
  /** Kills it with SIGKILL. */
  kill(): Promise<void>;
  /** Sets its clock's error: milliseconds. */
  setOffset(offset: number): void;
};

export type NodeOptions = {
  readonly environment: Readonly<Record<string, string>>;
  readonly virtualClock: VirtualClock;
  /** Called with every line that a server writes. */
  readonly onLogLine: (line: string) => void;
  /** Called when a server ends by itself. */
  readonly onExit: (why: string) => void;
};

/** Milliseconds in which a server has to start; it ends earlier when its database is down. */
const patience = 30_000;

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

export async function openNode(options: NodeOptions, offset: number): Promise<Node> {
  const proxy = await openTcpProxy();
  let running: ChildProcess | undefined;
  let currentOffset = offset;

  async function kill(): Promise<void> {
    const child = running;
    running = undefined;
    proxy.forwardTo(undefined);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  return {
    proxy,
    isUp: () => running !== undefined,
    kill,
    async start() {
      await kill();
      const { child, port } = await begin(options, { virtualClock: options.virtualClock, offset: currentOffset });
      running = child;
      child.once('exit', (code, signal) => {
        if (running !== child) return;
        running = undefined;
        proxy.forwardTo(undefined);
        options.onExit(`a server ended by itself: ${code ?? signal}`);
      });
      proxy.forwardTo(port);
    },
    setOffset(next) {
      currentOffset = next;
      running?.send({ offset: next });
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

const program = join(import.meta.dirname, 'node.ts');

async function begin(
  { environment, onLogLine }: NodeOptions,
  args: NodeArguments,
): Promise<{ child: ChildProcess; port: number }> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('COUNTERSIGN_'));
  const child = fork(program, [JSON.stringify(args)], {
    env: { ...Object.fromEntries(own), ...environment, COUNTERSIGN_PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  const last: string[] = [];
  if (child.stderr) {
    createInterface(child.stderr).on('line', (line) => {
      last.push(line);
      if (last.length > 20) last.shift();
      onLogLine(line);
    });
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), patience);
  const failed = once(child, 'exit').then(() =>
    Promise.reject(new Error(`a server did not start:\n${last.join('\n')}`)),
  );
  failed.catch(() => {});
  try {
    const [{ port }] = (await Promise.race([once(child, 'message'), failed])) as [{ port: number }];
    return { child, port };
  } finally {
    clearTimeout(timer);
  }
}
