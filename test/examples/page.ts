/**
 * Follows the README of an example as a new reader does: starts its program in a process of its own, in an empty folder, and runs the commands
 * in one shell. Half a minute passes between one code and the next, for the shell alone.
 *
 *   node test/examples/page.ts express    writes the answers of its README anew
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { listen } from '../../src/cli/listen.ts';
import { shownAs } from '../../kit/shown-answer.ts';
import { play, readPage, withAnswers } from '../../kit/transcript.ts';
import { addService } from '../http/doors/challenges/service.ts';
import { runningClock } from '../../kit/clock.ts';
import { startServer } from '../../kit/server.ts';

const root = join(import.meta.dirname, '..', '..');
export const readmeOf = (example: string) => join(root, 'examples', example, 'README.md');

const reader = `
slept=0
sleep() { slept=$((slept + $1)); }
oathtool() { command oathtool "$@" -N "$slept seconds"; }
`;

/** What the commands of an example's README print, as it shows it. */
export async function answersOf(example: string) {
  const page = readPage(readFileSync(readmeOf(example), 'utf8'));
  const steps = page.steps.filter(({ command }) => !/\bapp\.js\b/.test(command));
  await using server = await serverFor(example);
  await using app = await start(example, { ...server.env });
  const commands = steps.map(({ command }) => command.replaceAll('localhost:3000', 'localhost:8000'));
  const [, ...printed] = await play([reader, ...commands], app.url);
  return { steps, answers: printed.map((text) => shownAs(text, app.url)) };
}

/** A server beside the application, with a service and its key, where the example is of that kind. */
async function serverFor(example: string) {
  if (example !== 'fastify') return { env: {}, async [Symbol.asyncDispose]() {} };
  const server = await startServer({ clock: runningClock() });
  const { key } = await addService(server, 'root', 'shop');
  const front = await listen('127.0.0.1', 0);
  front.open(server.countersign.listener);
  return {
    env: { MFA_SERVER: `http://localhost:${front.port}`, MFA_SERVICE_KEY: key },
    async [Symbol.asyncDispose]() {
      await front.close(0);
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Runs `app.js` of an example until it says where it listens. */
export async function start(example: string, env: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-example-'));
  const hook = pathToFileURL(join(import.meta.dirname, 'from-source.ts')).href;
  const child = spawn(process.execPath, ['--import', hook, join(root, 'examples', example, 'app.js')], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = async () => {
    if (child.exitCode === null && child.kill()) await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { url: await listening(child), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function listening({ stdout, stderr }: ChildProcess): Promise<string> {
  if (!stdout || !stderr) throw new Error('there are no pipes');
  const said: string[] = [];
  createInterface(stderr).on('line', (line) => said.push(line));
  for await (const line of createInterface(stdout)) {
    const url = / listening on (?:\S+, public URL )?(\S+)$/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`the example ended; it said:\n${said.join('\n')}`);
}

if (import.meta.main) {
  for (const example of process.argv.slice(2)) {
    const markdown = readFileSync(readmeOf(example), 'utf8');
    const { steps, answers } = await answersOf(example);
    writeFileSync(readmeOf(example), withAnswers(markdown, steps, answers));
  }
}
