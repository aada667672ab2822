import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { openConnection } from '../../../kit/load/client.ts';
import type { Lab } from '../lab.ts';
import { makePeople, passwordLogin } from '../people.ts';
import { megabytes, milliseconds } from '../report.ts';
import { serve } from '../server.ts';

const connections = 4000;

/** Milliseconds: the slowest login while they are open, and when the server has closed idle connections. */
const bounds = { login: 1500, idle: 90_000 };

/** Kilobytes per connection. */
const cost = 50;

/** Connections that are idle after one request. */
export async function manyConnections(lab: Lab): Promise<void> {
  await using server = await serve(await lab.settings());
  const [person] = await makePeople(server.url, 'person', 1);
  if (!person) throw new Error('no user was made');
  const before = { memory: await server.memory(), descriptors: server.descriptors() };
  const sockets = await openSockets(server.url);
  const ends = sockets.map((socket) => new Promise((resolve) => socket.on('error', () => {}).once('close', resolve)));
  const began = performance.now();
  const login = await openConnection(server.url);
  const { status } = await login.ask(passwordLogin(person));
  const took = performance.now() - began;
  login.close();
  lab.expect(
    `with ${connections} idle connections a login within ${bounds.login} ms`,
    status === 200 && took <= bounds.login,
    `${status} in ${milliseconds(took)}`,
  );
  const held = await server.memory();
  const each = ((held.rss - before.memory.rss) * 1024) / connections;
  lab.expect(
    `a connection costs at most ${cost} kB`,
    each <= cost,
    `${each.toFixed(0)} kB; resident ${megabytes(before.memory.rss)}, with them ${megabytes(held.rss)}`,
  );
  await Promise.race([Promise.all(ends), wait(bounds.idle)]);
  const open = sockets.filter(({ destroyed }) => !destroyed).length;
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  lab.expect(
    `closed after ${bounds.idle / 1000} s`,
    open === 0,
    open === 0 ? `after ${seconds} s` : `${open} are open`,
  );
  for (const socket of sockets) socket.destroy();
  const left = server.descriptors();
  lab.expect(
    'no descriptor leaked',
    (left ?? 0) <= (before.descriptors ?? 0) + 2,
    `${before.descriptors}, then ${left}`,
  );
}

/** Each gets one answer. */
async function openSockets(url: string): Promise<readonly Socket[]> {
  const { hostname, port } = new URL(url);
  const sockets: Socket[] = [];
  while (sockets.length < connections) {
    const some = Array.from({ length: 200 }, () => connect(Number(port), hostname));
    await Promise.all(
      some.map(async (socket) => {
        await once(socket, 'connect');
        socket.write('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
        await once(socket, 'data');
      }),
    );
    sockets.push(...some);
  }
  return sockets;
}
