import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { answerInTurn } from '../../src/cli/connections.ts';

test('of connections that come at once each has a place, and who lost theirs makes room only once', () => {
  const server = createServer();
  answerInTurn(server, new Promise(() => {}), { log: undefined, connections: 2 });
  const sockets = Array.from({ length: 4 }, () => new Socket());
  for (const socket of sockets) server.emit('connection', socket);
  assert.deepEqual(
    sockets.map(({ destroyed }) => destroyed),
    [true, true, false, false],
  );
  for (const socket of sockets) socket.destroy();
});
