import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { SetupError } from '../../src/base/fault.ts';
import { listen, type ServerSocket, type ListenOptions } from '../../src/cli/listen.ts';

const minute = 60_000;
const sockets: Socket[] = [];
after(() => {
  for (const socket of sockets) socket.destroy();
});

test('a request that comes before the server is ready waits for it', async () => {
  const front = await listen('127.0.0.1', 0);
  const answer = fetch(`http://127.0.0.1:${front.port}/`);
  const socket = await connected(front);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  front.open((_request, response) => response.end('ready'));
  assert.equal(await (await answer).text(), 'ready');
  assert.match(await rest(socket), /ready$/);
  await front.close(minute);
});

test('closing lets a request under way end, and tells its client not to use the connection again', async () => {
  const { front, next } = await opened();
  const answer = fetch(`http://127.0.0.1:${front.port}/`);
  const response = await next();
  const closed = front.close(minute);
  response.end('late');
  const { headers, text } = { headers: (await answer).headers, text: await (await answer).text() };
  assert.deepEqual([text, headers.get('connection')], ['late', 'close']);
  await closed;
});

test('closing lets an answer end that had begun, then hangs up on its connection', async () => {
  const { front, next } = await opened();
  const agent = new Agent({ keepAlive: true });
  const asked = request({ port: front.port, host: '127.0.0.1', agent }).end();
  const response = await next();
  response.write('be');
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const closed = front.close(minute);
  response.end('gun');
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  assert.equal(text, 'begun');
  await closed;
});

test('closing hangs up on connections on which nothing was asked, and on those that wait for their next request', async () => {
  const { front, next } = await opened();
  const silent = await connected(front);
  const idle = await connected(front);
  idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  (await next()).end('done');
  await once(idle, 'data');
  const ends = [silent, idle].map((socket) => once(socket, 'close'));
  await front.close(minute);
  await Promise.all(ends);
});

test('closing refuses new connections at once', async () => {
  const { front, next } = await opened();
  const answer = fetch(`http://127.0.0.1:${front.port}/`);
  const response = await next();
  const closed = front.close(minute);
  await assert.rejects(connected(front), { code: 'ECONNREFUSED' });
  response.end();
  await (await answer).text();
  await closed;
});

test('closing waits no longer than it is told to', async () => {
  const { front, next } = await opened();
  const answer = fetch(`http://127.0.0.1:${front.port}/`);
  answer.catch(() => {});
  await next();
  await front.close(1);
  await assert.rejects(answer);
});

test('closing before the server was ready drops what waits', async () => {
  const front = await listen('127.0.0.1', 0);
  const socket = await connected(front);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const gone = new Promise((resolve) => socket.on('error', resolve).on('close', resolve));
  await front.close(0);
  await gone;
  assert.equal(socket.bytesRead, 0);
});

test('of several requests on one connection the next is handed over when the one before is answered', async () => {
  const { front, next, waiting } = await opened();
  const socket = await connected(front);
  socket.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const first = await next();
  await served(front, next);
  assert.equal(waiting(), 0, 'the second was handed over too');
  first.end('one');
  (await next()).end('two');
  assert.match(await rest(socket), /one[^]*two$/);
  await front.close(minute);
});

test('what stands behind a request of who hangs up is not done', async () => {
  const { front, next, waiting } = await opened();
  const socket = await connected(front);
  socket.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
  const first = await next();
  const gone = once(first, 'close');
  socket.destroy();
  await gone;
  await served(front, next);
  assert.equal(waiting(), 0);
  await front.close(minute);
});

test('closing answers the request of a connection that is under way, and does none of those behind it', async () => {
  const { front, next, waiting } = await opened();
  const socket = await connected(front);
  socket.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
  const first = await next();
  const closed = front.close(minute);
  first.end('one');
  assert.match(await rest(socket), /one$/);
  await closed;
  assert.equal(waiting(), 0);
});

test('who does not read an answer is hung up on', async () => {
  const front = await listen('127.0.0.1', 0, { idleLimit: 50 });
  const asked = Promise.withResolvers<ServerResponse>();
  front.open((_request, response) => asked.resolve(response));
  const socket = await connected(front);
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const response = await asked.promise;
  const gone = once(response, 'close');
  response.end(Buffer.alloc(64 * 1024 * 1024));
  await gone;
  assert.equal(response.writableFinished, false);
  socket.destroy();
  await front.close(minute);
});

test('where there are as many connections as there may be, a new one takes the place of the silent one', async () => {
  const told: unknown[][] = [];
  const log = { info: () => {}, warn: (...line: unknown[]) => void told.push(line) };
  const { front, next } = await opened({ connections: 2, log });
  const asking = await connected(front);
  asking.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const response = await next();
  const silent = [await connected(front), await connected(front), await connected(front)];
  await Promise.all(silent.slice(0, 2).map((socket) => once(socket, 'close')));
  response.end('answered');
  assert.match(await rest(asking), /answered$/);
  assert.equal(silent[2]?.destroyed, false);
  assert.deepEqual(
    told.map(([members]) => members),
    [{ connections: 2 }],
    'it is told once, and not again within a minute',
  );
  await front.close(minute);
});

test('who was answered a moment ago is not the one that is silent for the longest', async () => {
  const { front, next } = await opened({ connections: 2 });
  const [older, silent] = [await connected(front), await connected(front)];
  older.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  (await next()).end('done');
  await once(older, 'data');
  const gone = once(silent, 'close');
  await connected(front);
  await gone;
  assert.equal(older.destroyed, false);
  await front.close(minute);
});

test('where each connection waits for its answer there is no room for another', async () => {
  const { front, next } = await opened({ connections: 1 });
  const asking = await connected(front);
  asking.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const response = await next();
  assert.equal(await rest(await connected(front)), '');
  response.end('answered');
  assert.match(await rest(asking), /answered$/);
  await front.close(minute);
});

test('who sends a body and never its end makes room too', async () => {
  const { front, next } = await opened({ connections: 1 });
  const slow = await connected(front);
  slow.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1');
  await next();
  const gone = once(slow, 'close');
  await served(front, next);
  await gone;
  await front.close(minute);
});

test('and who reads no answer', async () => {
  const { front, next } = await opened({ connections: 1 });
  const deaf = await connected(front);
  deaf.pause();
  deaf.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const response = await next();
  const gone = once(response, 'close');
  response.end(Buffer.alloc(64 * 1024 * 1024));
  await served(front, next);
  await gone;
  assert.equal(response.writableFinished, false);
  await front.close(minute);
});

test('nothing is written into an answer that has begun, whatever is wrong with the rest of its request', async () => {
  const { front, next } = await opened();
  const socket = await connected(front);
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  const response = await next();
  await new Promise((resolve) => response.write('begun', resolve));
  socket.write('no chunk\r\n');
  assert.deepEqual((await rest(socket)).match(/HTTP\/1\.1 \d+|begun/g), ['HTTP/1.1 200', 'begun']);
  await front.close(minute);
});

test('an address that can not be had is a mistake in the settings, and names its variable', async () => {
  const front = await listen('127.0.0.1', 0);
  const tries = [
    [listen('127.0.0.1', front.port), /COUNTERSIGN_PORT/],
    [listen('192.0.2.1', 0), /COUNTERSIGN_HOST/],
    [listen('no.such.host.invalid', 0), /COUNTERSIGN_HOST/],
  ] as const;
  for (const [tried, names] of tries) {
    await assert.rejects(tried, (error) => error instanceof SetupError && names.test(error.message));
  }
  await front.close(0);
});

/** A front that answers with what the test does to the responses that `next` hands over. */
async function opened(ways: ListenOptions = {}) {
  const front = await listen('127.0.0.1', 0, ways);
  const responses: ServerResponse[] = [];
  let arrived = Promise.withResolvers<void>();
  front.open((_request, response) => {
    responses.push(response);
    arrived.resolve();
  });
  async function next(): Promise<ServerResponse> {
    await arrived.promise;
    arrived = Promise.withResolvers();
    return responses.shift() ?? assert.fail('nothing was asked');
  }
  return { front, next, waiting: () => responses.length };
}

/** Lets somebody else be served, by which time whatever came before has been handed over. */
async function served(front: ServerSocket, next: () => Promise<ServerResponse>): Promise<void> {
  const other = fetch(`http://127.0.0.1:${front.port}/`);
  (await next()).end('served');
  assert.equal(await (await other).text(), 'served');
}

async function connected({ port }: ServerSocket): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

async function rest(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}
