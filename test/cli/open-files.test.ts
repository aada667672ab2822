import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { roomForConnections } from '../../src/cli/open-files.ts';
import { serve } from '../../kit/process.ts';

test('connections are given what files may be open, less what else there is to open', () => {
  const given = [undefined, 1_048_576, 8448, 1024, 512, 256, 3].map((openFiles) => roomForConnections(openFiles));
  assert.deepEqual(given, [8192, 8192, 8192, 768, 256, 128, 2]);
});

const isLinux = process.platform === 'linux';
test('connections in any number leave a server the files that it opens', { skip: !isLinux }, async () => {
  const openFiles = 256;
  const server = await serve({ openFiles });
  const port = Number(new URL(server.url).port);
  const silent = Array.from({ length: 2 * openFiles }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  await server.logged(/"level":"warn".*"connections":128/);
  assert.equal((await fetch(`${server.url}/health/ready`)).status, 200);
  const open = readdirSync(`/proc/${server.process.pid}/fd`).length;
  assert.ok(open > 128 && open < openFiles - 64, `${open} files are open`);
  for (const socket of silent) socket.destroy();
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
});
