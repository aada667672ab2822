import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createHasher } from '../../../src/base/hasher.ts';
import { createApp } from '../../../src/http/server/app.ts';
import { errorEnvelope } from '../../../src/http/doors/crossbar/envelope.ts';
import { dialects } from '../../../src/http/doors/index.ts';
import { createMetrics } from '../../../src/http/server/metrics.ts';
import type { Context } from '../../../src/engine/context.ts';
import { basic, member, startServer, url, type Answer, type Call, type Server } from '../../../kit/server.ts';
import { addOAuthApp } from '../../../kit/doors.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { cheapCost } from '../../../kit/hasher.ts';
import { strangers } from '../catalogue.ts';
import { firstFactor, goodRequests, send } from '../good-requests.ts';
import { assertWrong } from './app-help.ts';

const code = (answer: Answer) => member(answer, 'code');

onEachDatabase('faults', (on) => {
  test('a database that is broken is a 500 without details, at every route that needs it', async () => {
    await using server = await startServer({ on });
    const { db } = server.countersign.context.store;
    const app = await addOAuthApp(server);
    for (const table of ['refresh_tokens', 'sessions', 'prompts', 'challenges', 'authenticators', 'clients'] as const)
      await db.schema.dropTable(table).execute();
    const needing = goodRequests(server.countersign.routes, strangers).filter(({ does }) => does !== 'tells');
    for (const good of needing) {
      const known: Partial<Record<typeof good.does, Call>> = {
        'logs in': firstFactor(good, 'admin', server.admin.password),
        'answers a challenge': { json: { token: '123456', challenge_token: 'x' } },
        'serves a client': { json: { ...(good.json as object), ...app } },
      };
      const bearer = { bearer: server.admin.token };
      const credentials = good.route.access === 'challenge' ? bearer : (known[good.does] ?? bearer);
      const answer = await send(server, good, { ...credentials, breaks: true });
      assertWrong(answer, broken);
    }
    const faults = server.lines.filter(({ level }) => level === 'error');
    const ids = server.answers.filter(({ status }) => status === 500).map(({ headers }) => headers.get('x-request-id'));
    assert.deepEqual(
      faults.map(({ fields }) => fields.request_id),
      ids,
    );
    assert.ok(faults.every(({ fields }) => fields.err instanceof Error));
    assert.equal((await server.call('GET', '/health/live')).status, 200);
  });
});

const broken = {
  status: 500,
  detail: 'Internal error. Tell the operator the request id.',
  words: { Crossbar: 'internal_error', OAuth2: 'server_error', ours: 'internal_error' },
};

/** A server with a hasher that holds as little as one can. */
function busyServer(server: Server, waiting: number) {
  const hasher = createHasher(cheapCost, { running: 1, waiting });
  const context: Context = { ...server.countersign.context, hasher };
  const { routes } = server.countersign;
  const app = createApp(context, { routes, dialects, metrics: createMetrics([]), url });
  return { hasher, fetch: (path: string, init?: RequestInit) => app.fetch(new Request(url + path, init), {}) };
}

test('when too many passwords wait to be hashed the answer is 503 with Retry-After, and the server still lives', async () => {
  await using server = await startServer();
  const { hasher, fetch } = busyServer(server, 0);
  const headers = { Authorization: basic('admin', server.admin.password) };
  const slow = createHasher({ memory: 65_536, passes: 3, lanes: 1 });
  const device = { type: 'device', secret: 'made by a device' };
  await server.call('POST', '/users/me/secrets', { bearer: server.admin.token, json: device });
  const before = await server.rows();
  const held = hasher.verify(await slow.hash('x'), 'x');
  const response = await fetch('/auth/password', { headers });
  assert.equal(response.status, 503);
  assert.match(response.headers.get('retry-after') ?? '', /^[1-9][0-9]*$/);
  const { code: said, detail } = (await response.json()) as { code: string; detail: string };
  assert.equal(said, 'unavailable');
  assert.doesNotMatch(detail, /hash|queue|password/i);
  const body = JSON.stringify({ data: { username: 'admin', password: server.admin.password } });
  const sent = { method: 'PUT', body, headers: { 'Content-Type': 'application/json' } };
  const enveloped = await fetch('/v2/user_auth', sent);
  assert.deepEqual([enveloped.status, enveloped.headers.has('retry-after')], [503, true]);
  const { error, message, data } = errorEnvelope.parse(await enveloped.json());
  assert.deepEqual([error, message, data], ['503', 'unavailable', { message: detail }]);
  assert.equal((await fetch('/health/live')).status, 200);
  assert.equal((await fetch('/health/ready')).status, 200);
  const bearer = { headers: { Authorization: `Bearer ${server.admin.token}` } };
  assert.equal((await fetch('/users/me', bearer)).status, 200);
  // A request that was turned away was no guess, and nothing was written for it.
  assert.deepEqual(await server.rows(), before);
  const known = await fetch('/auth/password', { headers: { Authorization: basic('admin', device.secret) } });
  assert.equal(known.status, 200, 'what is found by itself waits for no hash');
  assert.equal(hasher.load(), 1);
  await held;
  assert.equal((await fetch('/auth/password', { headers })).status, 200);
  assert.deepEqual(
    server.lines.filter(({ level }) => level === 'error'),
    [],
  );
});

const unavailable = {
  status: 503,
  detail: 'The server is temporarily unavailable. Try again shortly.',
  words: { Crossbar: 'unavailable', ours: 'unavailable' },
};

onEachDatabase('a database out of reach', (on) => {
  // SQLite is a file beside the server.
  if (on.flavour === 'sqlite') return;

  test('is 503 wherever it is needed, and when it is back the server serves again', async () => {
    await using opened = await on.open();
    await using line = await lineTo(new URL(opened.url));
    await using server = await startServer({ database: line.url });
    const bearer = server.admin.token;
    await line.cut();
    // The pool hears of it with the next turn of the event loop.
    await setImmediate();
    const ready = await server.call('GET', '/health/ready', { breaks: true });
    assert.deepEqual([ready.status, code(ready)], [503, 'unavailable']);
    assert.equal((await server.call('GET', '/health/live')).status, 200);
    assert.equal((await server.call('GET', '/metrics')).status, 200);
    for (const [path, call] of [
      ['/users/me', { bearer }],
      ['/sessions', { bearer }],
      ['/v2/accounts/root', { bearer }],
      ['/mfa', { bearer }],
      ['/auth/password', { basic: ['admin', server.admin.password] as const }],
    ] as const) {
      const answer = await server.call('GET', path, { ...call, breaks: true });
      assertWrong(answer, unavailable);
      assert.match(answer.headers.get('retry-after') ?? '', /^[1-9][0-9]*$/);
      assert.doesNotMatch(answer.text, /ECONN|postgres|127\.0\.0\.1/i);
    }
    await line.mend();
    assert.equal((await server.call('GET', '/health/ready')).status, 200);
    assert.equal((await server.call('GET', '/users/me', { bearer })).status, 200);
  });
});

/** A line to a server that can be cut. */
async function lineTo(target: URL) {
  const ends = new Set<Socket>();
  const line = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(end);
      end.on('error', () => {}).on('close', () => other.destroy());
      end.pipe(other);
    }
  });
  const listen = async (port: number) => once(line.listen(port, '127.0.0.1'), 'listening');
  await listen(0);
  const address = line.address();
  if (address === null || typeof address === 'string') return assert.fail('the line has no port');
  const { port } = address;
  async function cut(): Promise<void> {
    const closed = once(line, 'close');
    line.close();
    for (const end of ends) end.destroy();
    await closed;
  }
  const through = new URL(target);
  through.port = String(port);
  return {
    url: through.href,
    cut,
    mend: () => listen(port),
    [Symbol.asyncDispose]: async () => (line.listening ? cut() : undefined),
  };
}
