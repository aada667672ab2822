/**
 * Runs the commands of a page against a real server and records the answers. All `sh` blocks of a page run in one shell, and the fenced block
 * after each shows its output. The block with `npm start` has the server's settings.
 *
 *   node kit/transcript.ts    rewrites the answers of docs/first-login.md
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { shownAs } from './shown-answer.ts';

/** Milliseconds for the server's start, and for all commands of a page. */
const patience = { start: 30_000, page: 120_000 };

const root = join(import.meta.dirname, '..');

export type Step = {
  readonly command: string;
  /** The line of the page, counted from 1, in which the command begins. */
  readonly line: number;
  /** The block of the answer with its fences; empty where the page has none. */
  readonly shown: string;
  /** The position of the block in the page. */
  readonly from: number;
  readonly to: number;
};

export type Page = {
  /** The server's `COUNTERSIGN_…` variables. */
  readonly settings: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
};

const STEP = /^```sh\n(?<command>[^]*?)^```\n(?:\n(?<shown>```(?:json|http|text)\n[^]*?^```\n))?/gm;
const SETTING = /\b(COUNTERSIGN_\w+)=(?:'([^']*)'|([^'\s]+))/g;

export function readPage(markdown: string): Page {
  const blocks = [...markdown.matchAll(STEP)].map((match) => {
    const { command = '', shown = '' } = match.groups ?? {};
    const to = match.index + match[0].length;
    return { command, line: markdown.slice(0, match.index).split('\n').length + 1, shown, from: to - shown.length, to };
  });
  const [starting, playing] = [blocks.filter(starts), blocks.filter((block) => !starts(block))];
  const settings = starting.flatMap(({ command }) => [...command.matchAll(SETTING)]);
  return {
    settings: Object.fromEntries(settings.map(([, name, quoted, plain]) => [name ?? '', quoted ?? plain ?? ''])),
    steps: playing,
  };
}

const starts = ({ command }: { command: string }) => command.includes('npm start');

/** The page with new answers. An answer is a block as `shownAs` makes it. */
export function withAnswers(markdown: string, steps: readonly Step[], answers: readonly string[]): string {
  let page = '';
  let done = 0;
  for (const [at, { shown, from, to }] of steps.entries()) {
    const answer = answers[at] ?? '';
    const gap = shown === '' && answer !== '' ? '\n' : '';
    page += markdown.slice(done, from) + gap + answer;
    done = answer === '' && shown !== '' ? to + 1 : to;
  }
  return page + markdown.slice(done);
}

/** Runs the commands in one shell, in an empty folder, and returns the output of each. */
export async function play(commands: readonly string[], url: string): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-page-'));
  const mark = `--- ${randomUUID()} ---`;
  const host = new URL(url).host;
  const script = commands.map((command) => `${command}\nprintf '\\n%s\\n' '${mark}'\n`).join('');
  try {
    const { stdout } = await promisify(execFile)(
      'bash',
      ['--noprofile', '--norc', '-c', `exec 2>&1 </dev/null; set -u\n${script.replaceAll('localhost:8000', host)}`],
      { cwd: folder, env: environment(folder), timeout: patience.page },
    );
    return stdout.split(`\n${mark}\n`).slice(0, -1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without the machine's settings: no curl configuration, no proxy, no other Node. */
function environment(home: string) {
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
  return { PATH: path, HOME: home, LANG: 'C.UTF-8', TZ: 'UTC', NO_PROXY: '*' };
}

export type Served = AsyncDisposable & { readonly url: string };

/** Starts a server in its own process with a new database. */
export async function startServer(settings: Page['settings']): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-page-server-'));
  const files = { COUNTERSIGN_DATABASE: `sqlite:${folder}/countersign.db`, COUNTERSIGN_KEYS: `${folder}/keys.json` };
  const server = spawn(process.execPath, ['src/cli/main.ts', 'serve'], {
    cwd: root,
    env: { PATH: process.env.PATH, COUNTERSIGN_PORT: '0', ...files, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = async () => {
    if (server.exitCode === null && server.kill()) await once(server, 'exit');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { url: await listening(server), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function listening(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const output: string[] = [];
    const fail = (why: string) => () => reject(new Error(`the server ${why}; its output:\n${output.join('\n')}`));
    const timer = setTimeout(fail('did not start in time'), patience.start);
    server.once('error', reject);
    server.once('close', () => {
      clearTimeout(timer);
      fail('ended')();
    });
    if (server.stderr) createInterface(server.stderr).on('line', (line) => output.length < 100 && output.push(line));
    if (!server.stdout) return;
    createInterface(server.stdout).on('line', (line) => {
      const url = /^countersign listening on \S+, public URL (\S+)$/.exec(line)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}

/** The answers to the steps of a page, as it shows them, from a new server. */
export async function answersOf({ settings, steps }: Page): Promise<readonly string[]> {
  await using server = await startServer(settings);
  const printed = await play(
    steps.map(({ command }) => command),
    server.url,
  );
  return printed.map((text) => shownAs(text, server.url));
}

if (import.meta.main) {
  const file = join(root, 'docs', 'first-login.md');
  const markdown = readFileSync(file, 'utf8');
  const page = readPage(markdown);
  writeFileSync(file, withAnswers(markdown, page.steps, await answersOf(page)));
}
