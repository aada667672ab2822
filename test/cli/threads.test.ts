import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { hashesAtATime } from '../../src/cli/threads.ts';
import { newFolder, serve } from '../../kit/process.ts';

test('several processes together hash one password for each CPU, and each at least one', () => {
  assert.equal(hashesAtATime(1), availableParallelism());
  assert.equal(hashesAtATime(64), Math.ceil(availableParallelism() / 64));
  assert.equal(hashesAtATime(2) * 2 >= availableParallelism(), true);
});

/** Lets so many threads wait for a pipe into which nobody writes, and says whether another one is left that draws a random number. */
const program = (threads: string, pipe: string, waiting: number) => `
import { makeRoomFor } from ${JSON.stringify(threads)};
import { open } from 'node:fs';
import { randomFill } from 'node:crypto';
makeRoomFor(8);
for (let at = 0; at < ${waiting}; at += 1) open(${JSON.stringify(pipe)}, 'r', () => {});
const late = setTimeout(() => { console.log('none'); process.kill(process.pid, 'SIGKILL'); }, 2000);
randomFill(Buffer.alloc(1), () => { clearTimeout(late); console.log('left'); process.kill(process.pid, 'SIGKILL'); });
`;

async function isThreadLeft(waiting: number, env = {}): Promise<string> {
  const pipe = join(newFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const threads = join(import.meta.dirname, '../../src/cli/threads.ts');
  const args = ['--input-type=module-typescript', '--eval', program(threads, pipe, waiting)];
  const child = promisify(execFile)(process.execPath, args, { env });
  const { stdout } = await child.catch((ended: { stdout: string }) => ended);
  return stdout.trim();
}

test('with room for eight hashes, eight threads may be busy for long and others are left', async () => {
  assert.equal(await isThreadLeft(11), 'left');
});

test('what the operator has set stays', async () => {
  assert.equal(await isThreadLeft(4, { UV_THREADPOOL_SIZE: '5' }), 'left');
  assert.equal(await isThreadLeft(5, { UV_THREADPOOL_SIZE: '5' }), 'none');
});

test('a server makes that room', { skip: !existsSync('/proc/self/task') }, async () => {
  const server = await serve();
  const tasks = `/proc/${server.process.pid}/task`;
  const names = readdirSync(tasks).map((task) => readFileSync(join(tasks, task, 'comm'), 'utf8').trim());
  assert.equal(names.filter((name) => name === 'libuv-worker').length, availableParallelism() + 4);
  await server.stop();
});
