/**
 * Runs the command line in a process with only the environment that the test chose. When a file's tests are over, processes that still run are
 * killed, and their folders are removed.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

export type Environment = Readonly<Record<string, string>>;

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type Place = {
  readonly env?: Environment;
  /** A new temporary folder when absent. */
  readonly folder?: string;
  /** Standard input; empty when absent. */
  readonly input?: string;
  /** Options of Node, before the program. */
  readonly node?: readonly string[];
  /** How many files it may open. */
  readonly openFiles?: number;
};

/** A running server. */
export type Running = {
  readonly url: string;
  readonly folder: string;
  readonly process: ChildProcess;
  /** Its lines on standard output so far. */
  readonly stdout: readonly string[];
  /** Its lines on standard error so far. */
  readonly stderr: readonly string[];
  /** Waits until a line on standard error matches. */
  logged(pattern: RegExp): Promise<void>;
  /** Sends a signal, and resolves with how the process ended once its output has been read. */
  stop(signal?: NodeJS.Signals): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
};

export const mainFile = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;

/** The part of this process's environment that its children need, from any folder. */
export const inheritedEnvironment = {
  PATH,
  HOME,
  ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE: resolve(NODE_COMPILE_CACHE) }),
};

const children = new Set<ChildProcess>();
const folders: string[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-cli-'));
  folders.push(folder);
  return folder;
}

/** Runs a command to its end. */
export async function countersign(args: readonly string[], place: Place = {}): Promise<Ended> {
  const child = start(args, place);
  child.stdin.end(place.input ?? '');
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended(child)]);
  return { code, stdout, stderr };
}

/** Asserts that a command failed with one line on standard error, and returns that line. */
export function errorLineOf({ code, stdout, stderr }: Ended, expected: 1 | 2): string {
  assert.match(stderr, /^countersign: [^\n]+\n$/);
  assert.equal(code, expected, stderr);
  assert.equal(stdout, '');
  return stderr.trimEnd();
}

/** Asserts that a command succeeded, and returns its output. */
export function outputOf({ code, stdout, stderr }: Ended): string {
  assert.deepEqual([code, stderr], [0, '']);
  return stdout;
}

/** Starts `serve` on a free port and waits until it prints where it listens. */
export async function serve(place: Place = {}): Promise<Running> {
  const folder = place.folder ?? newFolder();
  const child = start(['serve'], { ...place, folder, env: { COUNTERSIGN_PORT: '0', ...place.env } });
  child.stdin.end();
  const end = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  end.catch(() => {});
  const stdout = follow(child.stdout, end);
  const stderr = follow(child.stderr, end);
  const line = await stdout.line(/^countersign listening on /).catch((error: unknown) => {
    throw new Error(`the server did not start; its output:\n${[...stdout.lines, ...stderr.lines].join('\n')}`, {
      cause: error,
    });
  });
  return {
    url: line.replace(/^.* public URL /, ''),
    folder,
    process: child,
    stdout: stdout.lines,
    stderr: stderr.lines,
    logged: async (pattern) => void (await stderr.line(pattern)),
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const [code, by] = await end;
      return { code, signal: by };
    },
  };
}

function start(args: readonly string[], { env = {}, folder = newFolder(), node = [], openFiles }: Place) {
  const program = [process.execPath, ...node, mainFile, ...args] as const;
  const limited = ['sh', '-c', 'ulimit -n "$0" && exec "$@"', String(openFiles), ...program] as const;
  const [command, ...rest] = openFiles === undefined ? program : limited;
  const child = spawn(command, rest, {
    cwd: folder,
    env: { ...inheritedEnvironment, ...env },
    stdio: 'pipe',
  });
  children.add(child);
  child.once('close', () => children.delete(child));
  // A process may end without reading its input.
  child.stdin.on('error', () => {});
  return child;
}

async function ended(child: ChildProcess): Promise<[number | null]> {
  // Node's types have no arguments of events.
  return (await once(child, 'close')) as [number | null];
}

/** Records the lines of a stream, and waits for a line that came or will come. */
function follow(stream: NodeJS.ReadableStream, end: Promise<unknown>) {
  const lines: string[] = [];
  const waiting = new Set<{ readonly pattern: RegExp; readonly found: (line: string) => void }>();
  createInterface(stream).on('line', (line) => {
    lines.push(line);
    for (const wait of waiting) if (wait.pattern.test(line)) wait.found(line);
  });
  return {
    lines,
    async line(pattern: RegExp): Promise<string> {
      const already = lines.find((line) => pattern.test(line));
      if (already !== undefined) return already;
      const { promise, resolve: found } = Promise.withResolvers<string>();
      const wait = { pattern, found };
      waiting.add(wait);
      try {
        const over = end.then(() =>
          Promise.reject(new Error(`the process ended without a line that matches ${pattern}`)),
        );
        return await Promise.race([promise, over]);
      } finally {
        waiting.delete(wait);
      }
    },
  };
}
