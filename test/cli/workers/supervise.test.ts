import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { AddressInfo } from 'node:net';
import { onEachDatabase } from '../../../kit/databases.ts';
import { countersign, errorLineOf, newFolder, serve, type Running } from '../../../kit/process.ts';
import { basic } from '../../../kit/server.ts';

/** Ids of the processes that serve. */
async function workersOf({ process: { pid } }: Running): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(pid)]);
  return stdout.trim().split('\n').map(Number);
}

/** Over a connection of its own, so that each worker gets its turn. */
const ask = (url: string, headers = {}) => fetch(url, { headers: { Connection: 'close', ...headers } });

onEachDatabase('two workers', (kind) => {
  test('serve behind one port, are counted as one, and stop together', async () => {
    await using opened = await kind.bare();
    const folder = newFolder();
    const env = {
      COUNTERSIGN_DATABASE: opened.url,
      COUNTERSIGN_KEYS: join(folder, 'keys.json'),
      COUNTERSIGN_ADMIN_PASSWORD: 'nobody prints this one',
      COUNTERSIGN_WORKERS: '2',
    };
    await countersign(['keys', 'make'], { folder, env });
    const server = await serve({ folder, env });
    const address = server.url.replace('http://localhost', '127.0.0.1');
    assert.deepEqual(server.stdout, [`countersign listening on ${address}, public URL ${server.url}`]);
    assert.equal((await workersOf(server)).length, 2);

    const headers = { Authorization: basic('admin', env.COUNTERSIGN_ADMIN_PASSWORD) };
    const { token } = (await (await ask(`${server.url}/auth/password`, headers)).json()) as { token: string };
    const bearer = { Authorization: `Bearer ${token}` };
    for (let turn = 0; turn < 4; turn += 1) assert.equal((await ask(`${server.url}/users/me`, bearer)).status, 200);
    for (let turn = 0; turn < 2; turn += 1) {
      const page = await (await ask(`${server.url}/metrics`)).text();
      assert.match(page, /_count\{method="GET",route="\/users\/\{uid\}",status="200"\} 4$/m);
    }

    assert.deepEqual(await server.stop(), { code: 0, signal: null });
    assert.equal(server.stderr.filter((line) => line.includes('"stopped"')).length, 2);
  });
});

test('a worker that is killed is replaced, and the other goes on', async () => {
  const server = await serve({ env: { COUNTERSIGN_WORKERS: '2' } });
  const [one = 0, other = 0] = await workersOf(server);
  process.kill(one, 'SIGKILL');
  await server.logged(/a worker ended; starting another/);
  assert.equal((await ask(`${server.url}/health/ready`)).status, 200);
  await server.logged(/"serving"/);
  while ((await workersOf(server)).length < 2) assert.ok(server.process.exitCode === null);
  const now = await workersOf(server);
  assert.ok(now.includes(other) && !now.includes(one));
  assert.deepEqual(await server.stop('SIGINT'), { code: 0, signal: null });
});

test('what one server refuses to start with, several refuse in the same one line', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const env = { COUNTERSIGN_WORKERS: '3', COUNTERSIGN_PORT: String(port) };
  assert.match(errorLineOf(await countersign(['serve'], { env }), 2), new RegExp(`port ${port} .* is in use`));
  taken.close();
});
