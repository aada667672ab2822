/** The parts that the torture rests on: a part that does nothing would leave it with nothing to complain of. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { chanceOf } from '../seeded-random.ts';
import { fingerprint, sessionIn } from '../recorder.ts';
import { timeOf } from '../virtual-clock.ts';
import { openCutter } from '../tcp-proxy.ts';
import { openEars } from '../log-watcher.ts';
import { storyOf } from '../violation-text.ts';
import { historyOf } from './history.ts';

test('a violation is told with what else the same person did then, and nobody else', () => {
  const { seen } = historyOf(
    ['check', { start: 1000, end: 2000, requestId: 'long before' }],
    ['grant', { start: 60_000, end: 60_100, outcome: 'unknown', requestId: 'before' }],
    ['login', { start: 70_000, end: 71_000, requestId: 'accused' }],
    ['login', { start: 70_500, end: 72_000, requestId: 'at the same time' }],
    ['login', { start: 70_500, end: 72_000, requestId: 'of somebody else', who: 'eve' }],
    ['check', { start: 80_000, end: 81_000, requestId: 'after' }],
  );
  const accused = seen.filter(({ requestId }) => requestId === 'accused');
  const told = storyOf({ rule: 'I0', what: 'something', seen: accused }, seen).split('\n');
  assert.deepEqual(
    told.slice(1).map((line) => / {}( .*)$/.exec(line)?.[1]),
    [' accused', ' before', ' at the same time'],
  );
});

test('a secret in a log is found whoever learns of it first, and so is what broke', () => {
  const ears = openEars();
  ears.hear('{"level":"info","request_id":"01a202e1585f700093f208fb6553d762","msg":"request"}');
  assert.deepEqual([ears.leaked(), ears.broken(), ears.unlogged()], [{ found: 0, kept: 0 }, [], 0]);
  ears.hear('the password was tortured-0123456789abcdef, and the token aaaa.bbbb.signature-of-it');
  ears.keep('tortured-0123456789abcdef');
  ears.keep('aaaa.bbbb.signature-of-it');
  ears.keep('tortured-somebody-elses');
  assert.deepEqual(ears.leaked(), { found: 2, kept: 3 });
  ears.hear('{"level":"error","msg":"an attempt could not be logged"}');
  ears.hear('{"level":"info","status":"503","msg":"request"}');
  assert.deepEqual([ears.unlogged(), ears.broken().length], [1, 0]);
  ears.hear('{"level":"info","status":"500","msg":"request"}');
  ears.hear('    at file:///house/src/engine/login.ts:1:1');
  assert.equal(ears.broken().length, 2);
});

test('a wire that is cut ends its connections, and one whose answers are cut lets the question through', async () => {
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
  await using wire = await openCutter();
  const reach = async () => {
    const socket = connect(wire.port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  const ask = async (socket: ReturnType<typeof connect>, text: string) => {
    socket.write(text);
    const answer = once(socket, 'data').then(([chunk]) => String(chunk));
    return Promise.race([answer, once(socket, 'close').then(() => 'cut')]);
  };

  assert.equal(await ask(await reach(), 'nobody there?'), 'cut');
  wire.lead((server.address() as AddressInfo).port);
  const one = await reach();
  assert.equal(await ask(one, 'one'), 'one yes');
  wire.cutAnswers();
  assert.equal(await ask(one, 'two'), 'cut');
  assert.deepEqual(heard, ['one', 'two']);
  const other = await reach();
  assert.equal(await ask(other, 'three'), 'three yes');
  const closed = once(other, 'close');
  wire.cut();
  await closed;
  server.close();
});

test('time goes faster, and chance falls the same way for the same seed', () => {
  const course = { wall: 1000, epoch: 500_000, speed: 20 };
  assert.deepEqual([timeOf(course, 1000), timeOf(course, 2500)], [500_000, 530_000]);
  const drawn = (seed: number) => {
    const chance = chanceOf(seed);
    return Array.from({ length: 50 }, () => chance.between(1, 6));
  };
  assert.deepEqual(drawn(7), drawn(7));
  assert.notDeepEqual(drawn(7), drawn(8));
  assert.deepEqual(new Set(drawn(7)), new Set([1, 2, 3, 4, 5, 6]));
});

test('what is written down of a token is whose it is, and of a secret its fingerprint', () => {
  const claims = Buffer.from(JSON.stringify({ sid: 's1', acr: 'aal2', sub: 'u1' })).toString('base64url');
  assert.deepEqual(sessionIn(`head.${claims}.signature`), { session: 's1', acr: 'aal2', user: 'u1' });
  assert.deepEqual(sessionIn(undefined), {});
  assert.match(fingerprint('a secret'), /^[0-9a-f]{16}$/);
});
