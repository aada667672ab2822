/**
 * The command line as people run it: a process of its own, with an environment that the test chose and nothing of ours. What
 * is still running when a file's tests are over is killed, and their folders are removed.
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
  /** What stands on standard input; nothing when absent. */
  readonly input?: string;
  /** Options of Node, before the program. */
  readonly node?: readonly string[];
  /** How many files it may open. */
  readonly openFiles?: number;
};

/** A server that serves. */
export type Running = {
  readonly url: string;
  readonly folder: string;
  readonly process: ChildProcess;
  /** Its lines on standard output so far. */
  readonly stdout: readonly string[];
  /** Its lines on standard error so far. */
  readonly stderr: readonly string[];
  /** Waits until a line on standard error fits. */
  logged(pattern: RegExp): Promise<void>;
  /** Sends a signal, and answers with how the process ended once all that it said has been read. */
  stop(signal?: NodeJS.Signals): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
};

export const mainFile = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;

/** What a process of ours needs of our own environment, from whatever folder it is started. */
export const kept = { PATH, HOME, ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE: resolve(NODE_COMPILE_CACHE) }) };

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

/** Asserts that a command ended with one line on standard error, which is what people get for their mistakes, and gives that line. */
export function mistake({ code, stdout, stderr }: Ended, expected: 1 | 2): string {
  assert.match(stderr, /^countersign: [^\n]+\n$/);
  assert.equal(code, expected, stderr);
  assert.equal(stdout, '');
  return stderr.trimEnd();
}

/** Asserts that a command did what it was asked to, and gives what it said. */
export function done({ code, stdout, stderr }: Ended): string {
  assert.deepEqual([code, stderr], [0, '']);
  return stdout;
}

/** Starts `serve` on a free port and waits until it says where it listens. */
export async function serve(place: Place = {}): Promise<Running> {
  const folder = place.folder ?? newFolder();
  const child = start(['serve'], { ...place, folder, env: { COUNTERSIGN_PORT: '0', ...place.env } });
  child.stdin.end();
  const end = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  end.catch(() => {});
  const stdout = follow(child.stdout, end);
  const stderr = follow(child.stderr, end);
  const line = await stdout.line(/^countersign listening on /).catch((error: unknown) => {
    throw new Error(`the server did not start; it said:\n${[...stdout.lines, ...stderr.lines].join('\n')}`, {
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
    env: { ...kept, ...env },
    stdio: 'pipe',
  });
  children.add(child);
  child.once('close', () => children.delete(child));
  // A process that ends without reading what it is sent is no failure of the test.
  child.stdin.on('error', () => {});
  return child;
}

async function ended(child: ChildProcess): Promise<[number | null]> {
  // Node's types know no arguments of events.
  return (await once(child, 'close')) as [number | null];
}

/** Keeps the lines of a stream, and lets one wait for a line that came or will come. */
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
        const over = end.then(() => Promise.reject(new Error(`it ended without a line like ${pattern}`)));
        return await Promise.race([promise, over]);
      } finally {
        waiting.delete(wait);
      }
    },
  };
}
