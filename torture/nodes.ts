import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Course } from './virtual-clock.ts';
import { openCutter, type Cutter } from './tcp-proxy.ts';
import type { Told } from './node.ts';

/** A server of the experiment, which dies and comes back. People reach it over a wire that can be cut. */
export type Node = AsyncDisposable & {
  readonly wire: Cutter;
  isUp(): boolean;
  start(): Promise<void>;
  /** Kills it, without a chance to say goodbye. */
  kill(): Promise<void>;
  /** Says how wrong its clock is from now on: milliseconds. */
  setOffset(offset: number): void;
};

export type Setting = {
  readonly environment: Readonly<Record<string, string>>;
  readonly course: Course;
  /** Hears every line that a server writes. */
  readonly hear: (line: string) => void;
  /** Hears of a server that ended by itself. */
  readonly mourn: (why: string) => void;
};

/** Milliseconds in which a server has to say where it listens; a database that is down stops it earlier. */
const patience = 30_000;

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

export async function openNode(setting: Setting, offset: number): Promise<Node> {
  const wire = await openCutter();
  let present: ChildProcess | undefined;
  let off = offset;

  async function kill(): Promise<void> {
    const child = present;
    present = undefined;
    wire.lead(undefined);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  return {
    wire,
    isUp: () => present !== undefined,
    kill,
    async start() {
      await kill();
      const { child, port } = await begin(setting, { course: setting.course, offset: off });
      present = child;
      child.once('exit', (code, signal) => {
        if (present !== child) return;
        present = undefined;
        wire.lead(undefined);
        setting.mourn(`a server ended by itself: ${code ?? signal}`);
      });
      wire.lead(port);
    },
    setOffset(next) {
      off = next;
      present?.send({ offset: next });
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await wire[Symbol.asyncDispose]();
    },
  };
}

const program = join(import.meta.dirname, 'node.ts');

async function begin({ environment, hear }: Setting, told: Told): Promise<{ child: ChildProcess; port: number }> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('COUNTERSIGN_'));
  const child = fork(program, [JSON.stringify(told)], {
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
      hear(line);
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
