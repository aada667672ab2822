/** The parts of the torture: without them it would find no violation. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { randomFromSeed } from '../seeded-random.ts';
import { fingerprint, sessionIn } from '../recorder.ts';
import { timeOf } from '../virtual-clock.ts';
import { openTcpProxy } from '../tcp-proxy.ts';
import { openLogWatcher } from '../log-watcher.ts';
import { describeViolation } from '../violation-text.ts';
import { historyOf } from './history.ts';

test('a violation is described with the other operations of the same person at that time', () => {
  const { seen } = historyOf(
    ['check', { start: 1000, end: 2000, requestId: 'long before' }],
    ['grant', { start: 60_000, end: 60_100, outcome: 'unknown', requestId: 'before' }],
    ['login', { start: 70_000, end: 71_000, requestId: 'accused' }],
    ['login', { start: 70_500, end: 72_000, requestId: 'at the same time' }],
    ['login', { start: 70_500, end: 72_000, requestId: 'of somebody else', who: 'eve' }],
    ['check', { start: 80_000, end: 81_000, requestId: 'after' }],
  );
  const accused = seen.filter(({ requestId }) => requestId === 'accused');
  const told = describeViolation({ rule: 'I0', what: 'something', seen: accused }, seen).split('\n');
  assert.deepEqual(
    told.slice(1).map((line) => / {}( .*)$/.exec(line)?.[1]),
    [' accused', ' before', ' at the same time'],
  );
});

test('a secret in a log is found whether it is added before or after, and so are faults', () => {
  const logWatcher = openLogWatcher();
  logWatcher.readLine('{"level":"info","request_id":"01a202e1585f700093f208fb6553d762","msg":"request"}');
  assert.deepEqual([logWatcher.leaked(), logWatcher.faults(), logWatcher.unlogged()], [{ found: 0, known: 0 }, [], 0]);
  logWatcher.readLine('the password was tortured-0123456789abcdef, and the token aaaa.bbbb.signature-of-it');
  logWatcher.addSecret('tortured-0123456789abcdef');
  logWatcher.addSecret('aaaa.bbbb.signature-of-it');
  logWatcher.addSecret('tortured-somebody-elses');
  assert.deepEqual(logWatcher.leaked(), { found: 2, known: 3 });
  logWatcher.readLine('{"level":"error","msg":"audit event not written"}');
  logWatcher.readLine('{"level":"info","status":"503","msg":"request"}');
  assert.deepEqual([logWatcher.unlogged(), logWatcher.faults().length], [1, 0]);
  logWatcher.readLine('{"level":"info","status":"500","msg":"request"}');
  logWatcher.readLine('    at file:///app/src/engine/login.ts:1:1');
  assert.equal(logWatcher.faults().length, 2);
});

test('a proxy drops its connections, at once or on the next answer, after the request went through', async () => {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      heard.push(chunk.toString());
      socket.write(`${chunk.toString()} yes`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await using proxy = await openTcpProxy();
  const reach = async () => {
    const socket = connect(proxy.port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  const ask = async (socket: ReturnType<typeof connect>, text: string) => {
    socket.write(text);
    const answer = once(socket, 'data').then(([chunk]) => String(chunk));
    return Promise.race([answer, once(socket, 'close').then(() => 'cut')]);
  };

  assert.equal(await ask(await reach(), 'no target'), 'cut');
  proxy.forwardTo((server.address() as AddressInfo).port);
  const one = await reach();
  assert.equal(await ask(one, 'one'), 'one yes');
  proxy.dropOnNextAnswer();
  assert.equal(await ask(one, 'two'), 'cut');
  assert.deepEqual(heard, ['one', 'two']);
  const other = await reach();
  assert.equal(await ask(other, 'three'), 'three yes');
  const closed = once(other, 'close');
  proxy.dropConnections();
  await closed;
  server.close();
});

test('virtual time runs faster, and random choices are the same for the same seed', () => {
  const virtualClock = { wall: 1000, epoch: 500_000, speed: 20 };
  assert.deepEqual([timeOf(virtualClock, 1000), timeOf(virtualClock, 2500)], [500_000, 530_000]);
  const drawn = (seed: number) => {
    const random = randomFromSeed(seed);
    return Array.from({ length: 50 }, () => random.between(1, 6));
  };
  assert.deepEqual(drawn(7), drawn(7));
  assert.notDeepEqual(drawn(7), drawn(8));
  assert.deepEqual(new Set(drawn(7)), new Set([1, 2, 3, 4, 5, 6]));
});

test('a token is recorded as its session, and a secret as its fingerprint', () => {
  const claims = Buffer.from(JSON.stringify({ sid: 's1', acr: 'aal2', sub: 'u1' })).toString('base64url');
  assert.deepEqual(sessionIn(`head.${claims}.signature`), { session: 's1', acr: 'aal2', user: 'u1' });
  assert.deepEqual(sessionIn(undefined), {});
  assert.match(fingerprint('a secret'), /^[0-9a-f]{16}$/);
});
