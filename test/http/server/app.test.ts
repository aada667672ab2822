import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { minute } from '../../../src/base/clock.ts';
import { createHasher } from '../../../src/base/hasher.ts';
import { createApp } from '../../../src/http/server/app.ts';
import { errorEnvelope } from '../../../src/http/doors/crossbar/envelope.ts';
import { dialects } from '../../../src/http/doors/index.ts';
import { createMetrics } from '../../../src/http/server/metrics.ts';
import type { Context } from '../../../src/engine/context.ts';
import {
  assertSaid,
  basic,
  member,
  startServer,
  url,
  type Answer,
  type Call,
  type Server,
} from '../../../kit/server.ts';
import { addOAuthApp } from '../../../kit/doors.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { cheapCost } from '../../../kit/hasher.ts';
import { asksForSession, firstFactor, goodRequests, nameOf, send, strangers } from '../catalogue.ts';

const fill = (path: string) => path.replace(/\{\w+\}/g, strangers.uid);
const code = (answer: Answer) => member(answer, 'code');

/** What an answer says is wrong, in the words of each door, without what changes from request to request. */
const wordsFor: Readonly<Record<string, (status: number, word: string, detail: string) => object>> = {
  Crossbar: (status, message, detail) => ({ data: { message: detail }, error: String(status), message }),
  OAuth2: (_status, error, detail) => ({ error, error_description: detail, detail }),
  Deux: (_status, _word, detail) => ({ detail }),
  ours: (status, word, detail) => ({ status, code: word, detail }),
};

/** Where each door's words are spoken: at the first of these that fits. */
const spoken: readonly (readonly [RegExp, string])[] = [
  [/^\/v2(?:\/|$)/, 'Crossbar'],
  [/^\/(?:mfa\/oauth2\/token|oauth2\/(?:introspect|revoke))\/?$/, 'OAuth2'],
  [/^\/mfa(?:\/|$)/, 'Deux'],
  [/^/, 'ours'],
];

type Wrong = { readonly status: number; readonly detail: string; readonly words: Readonly<Record<string, string>> };

/** Asserts that an error says this in the words of its door, and no member more. */
function assertWrong({ asked, path, status, json }: Answer, wrong: Wrong): void {
  const [, who = ''] = spoken.find(([where]) => where.test(path)) ?? [];
  const { type: _type, title: _title, request_id: _id, ...said } = json as Readonly<Record<string, unknown>>;
  const { timestamp: _at, version: _version, node: _node, ...rest } = said;
  const expected = wordsFor[who]?.(wrong.status, wrong.words[who] ?? '', wrong.detail);
  const around = who === 'Crossbar' ? { status: 'error' } : {};
  assert.deepEqual([status, rest], [wrong.status, { ...expected, ...around }], asked);
}

test('every path works with and without a trailing slash', async () => {
  await using server = await startServer();
  for (const good of goodRequests(server.countersign.routes, strangers)) {
    const plain = await send(server, good);
    server.clock.tick(15 * minute);
    const slashed = await send(server, { ...good, path: `${good.path}/` });
    assert.equal(slashed.status, plain.status, good.name);
    assert.equal(slashed.headers.get('content-type'), plain.headers.get('content-type'), good.name);
    server.clock.tick(15 * minute);
  }
});

test('a slash too many is another path', async () => {
  await using server = await startServer();
  for (const path of ['/users//', '//users', '/users//me', '/health/live//']) {
    assert.equal((await server.call('GET', path, { bearer: server.admin.token })).status, 404, path);
  }
});

test('an unknown route is 404, with any method', async () => {
  await using server = await startServer();
  for (const path of [
    '/',
    '/nowhere',
    '/users/me/nowhere',
    '/Users',
    '/health',
    '/auth',
    '/v2',
    '/v2/',
    '/v2/nowhere',
    '/v2/accounts',
    '/v2/accounts/root/nowhere',
    '/v2/%',
    '/v2x',
    '/V2/security',
    '/mfa/nowhere',
    '/mfa/oauth2',
    '/oauth2/introspect/x',
    '/%00',
    '/%',
    '/%E0%A4%A',
  ]) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      const answer = await server.call(method, path);
      assert.equal(answer.status, 404, answer.asked);
      if (method !== 'HEAD') assertWrong(answer, unknownRoute);
    }
  }
});

const unknownRoute = {
  status: 404,
  detail: 'There is no such route.',
  words: { Crossbar: 'bad_identifier', ours: 'not_found' },
};

test('a known route with another method is 405, and Allow names the methods it has', async () => {
  await using server = await startServer();
  for (const [path, routes] of Map.groupBy(server.countersign.routes, (route) => route.path)) {
    const has = routes.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'x']) {
      if (has.includes(method)) continue;
      for (const slash of ['', '/']) {
        const answer = await server.call(method, fill(path) + slash, { bearer: server.admin.token });
        const detail = `Only ${answer.headers.get('allow')} can be used here.`;
        assertWrong(answer, { status: 405, detail, words: methodWords });
        assert.deepEqual(answer.headers.get('allow')?.split(', ').toSorted(), has.toSorted(), answer.asked);
      }
    }
  }
});

const methodWords = { Crossbar: 'method_not_allowed', OAuth2: 'invalid_request', ours: 'method_not_allowed' };

test('a header or a parameter that asks for another method changes nothing', async () => {
  await using server = await startServer();
  const ada = await server.addPerson('ada');
  const headers = { 'X-HTTP-Method-Override': 'DELETE', 'X-HTTP-Method': 'DELETE', 'X-Method-Override': 'DELETE' };
  const answer = await server.call('POST', `/users/${ada.uid}?_method=DELETE`, { headers, bearer: ada.token });
  assert.equal(answer.status, 405);
  assert.equal((await server.call('GET', '/users/me', { bearer: ada.token, headers })).status, 200);
});

test('HEAD is GET without its body', async () => {
  await using server = await startServer();
  const gets = goodRequests(server.countersign.routes, { ...strangers, uid: 'me' }).filter(
    ({ method }) => method === 'GET',
  );
  for (const good of gets) {
    const call = good.route.access === 'basic' ? {} : { bearer: server.admin.token };
    const got = await send(server, good, call);
    const head = await send(server, { ...good, method: 'HEAD' }, call);
    assert.equal(head.status, got.status, good.name);
    assert.equal(head.headers.get('content-type'), got.headers.get('content-type'), good.name);
    assert.equal(head.text, '');
  }
});

test('the path is the same for the router and for who asks what may be done', async () => {
  await using server = await startServer();
  const ada = await server.addPerson('ada');
  const ask = async (path: string, bearer?: string) => (await server.call('GET', path, { bearer })).status;
  assert.equal(await ask('/us%65rs/me', ada.token), 200);
  assert.equal(await ask('/us%65rs/me'), 401);
  assert.equal(await ask('/health/../users', ada.token), 403);
  assert.equal(await ask('/health/../users'), 401);
  for (const path of [
    '/health/live%2F..%2F..%2Fusers',
    '/users;x/me',
    '/users/me;x',
    '/users%2Fme',
    '/users/me%2F',
    '/USERS/me',
  ]) {
    assert.equal(await ask(path, ada.token), 404, path);
  }
});

test('request ids are made here, never twice, and stand in the answer, the log and the attempts', async () => {
  await using server = await startServer();
  const given = 'f'.repeat(32);
  const headers = { 'X-Request-Id': given, 'Request-Id': given, traceparent: `00-${given}-${'a'.repeat(16)}-01` };
  for (let count = 0; count < 20; count += 1) await server.call('GET', '/nowhere', { headers });
  await server.call('GET', '/auth/password', { basic: ['nobody', 'nothing'], headers });
  const ids = server.answers.map((answer) => answer.headers.get('x-request-id'));
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(!ids.includes(given));
  assert.deepEqual(
    server.lines.filter(({ message }) => message === 'request').map(({ fields }) => fields.request_id),
    ids,
  );
  const attempts = (await server.rows()).attempts ?? [];
  assert.ok(attempts.some((row) => row.includes(`"request_id":"${ids.at(-1)}"`)));
  assert.doesNotMatch(JSON.stringify([attempts, server.lines]), /ffffffffffffffff/);
});

test('every answer carries the same hardening, whatever it is', async () => {
  await using server = await startServer();
  const answers = [
    await server.call('GET', '/docs'),
    await server.call('GET', '/nowhere'),
    await server.call('OPTIONS', '/users'),
    await server.call('DELETE', '/sessions/current', { bearer: server.admin.token }),
    await server.call('GET', '/auth/password'),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 404, 405, 204, 401],
  );
  const varying = new Set(['allow', 'content-type', 'www-authenticate', 'x-request-id']);
  const [first, ...others] = answers.map(({ headers }) => [...headers].filter(([name]) => !varying.has(name)));
  assert.deepEqual(first, [
    ['cache-control', 'no-store'],
    [
      'content-security-policy',
      "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ],
    ['cross-origin-resource-policy', 'same-origin'],
    ['permissions-policy', 'interest-cohort=()'],
    ['referrer-policy', 'no-referrer'],
    ['strict-transport-security', 'max-age=31536000'],
    ['x-content-type-options', 'nosniff'],
    ['x-frame-options', 'DENY'],
  ]);
  for (const other of others) assert.deepEqual(other, first);
});

test('the address and the agent of a request are kept with its session, the agent no longer than 512 characters', async () => {
  await using server = await startServer();
  const headers = { 'User-Agent': 'a'.repeat(2000), 'X-Forwarded-For': '203.0.113.9', Forwarded: 'for=203.0.113.9' };
  const credentials = [server.admin.name, server.admin.password] as const;
  const bearer = member(await server.call('GET', '/auth/password', { basic: credentials, headers }), 'token');
  const [session] = (await server.call('GET', '/sessions', { bearer })).json as {
    client_ip: string;
    user_agent: string;
  }[];
  assert.deepEqual([session?.client_ip, session?.user_agent.length], ['192.0.2.1', 512]);
});

test('a request whose body comes slowly lives at the instant at which all of it was there', async () => {
  await using server = await startServer();
  const { clock, countersign, admin } = server;
  const body = new ReadableStream<Uint8Array>({
    pull(stream) {
      clock.tick(minute);
      stream.enqueue(new TextEncoder().encode('{"firstName":"Ada"}'));
      stream.close();
    },
  });
  const headers = { Authorization: `Bearer ${admin.token}`, 'Content-Type': 'application/json' };
  const begun = clock.now();
  const changed = await countersign.fetch(
    new Request(`${url}/users/me`, { method: 'PATCH', headers, body, duplex: 'half' }),
  );
  assert.equal(changed.status, 200);
  assert.equal(clock.now(), begun + minute);
  const { store } = countersign.context;
  const rows = await store.db.selectFrom('attempts').select('at').where('action', '=', 'user.update').execute();
  assert.deepEqual(rows, [{ at: clock.now() }]);
});

test('a house that is mounted elsewhere knows no address, and serves', async () => {
  await using server = await startServer();
  const headers = { Authorization: basic(server.admin.name, server.admin.password) };
  const response = await server.countersign.fetch(new Request(`${url}/auth/password`, { headers }));
  const { token } = (await response.json()) as { token: string };
  const sessions = (await server.call('GET', '/sessions', { bearer: token })).json as { client_ip: unknown }[];
  assert.equal(sessions[0]?.client_ip, null);
});

const credentialPlaces: Record<string, (token: string) => Record<string, string>> = {
  'Authorization: Bearer': (token) => ({ Authorization: `Bearer ${token}` }),
  'Authorization: token': (token) => ({ Authorization: `token ${token}` }),
  'Authorization: JWT': (token) => ({ Authorization: `JWT ${token}` }),
  'X-Auth-Token': (token) => ({ 'X-Auth-Token': token }),
};

for (const [place, headers] of Object.entries(credentialPlaces)) {
  test(`a session is shown with ${place}`, async () => {
    await using server = await startServer();
    const answer = await server.call('GET', '/users/me', { headers: headers(server.admin.token) });
    assert.equal(member(answer, 'name'), 'admin');
  });
}

test('who may call is asked before anything else is looked at', async () => {
  await using server = await startServer();
  for (const route of server.countersign.routes.filter(asksForSession)) {
    const method = route.method.toUpperCase();
    const path = route.path.replaceAll(/\{\w+\}/g, 'not-an-id');
    const body = method === 'GET' ? {} : { body: '{not json' };
    const query = '?limit=x&limit=y';
    const ask = (more: Call) => server.call(method, path + query, { ...body, ...more });
    assertSaid(await ask({}), '401 authentication_required', nameOf(route));
    assertSaid(await ask({ bearer: 'x' }), '401 invalid_token', nameOf(route));
    if (!route.params) continue;
    const wanted = route.access === 'service' ? '403 forbidden' : '404 not_found';
    assertSaid(await ask({ bearer: server.admin.token }), wanted, nameOf(route));
  }
});

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
      const credentials = good.route.access === 'asker' ? bearer : (known[good.does] ?? bearer);
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
  detail: 'Something is broken here. Tell the operator the request id.',
  words: { Crossbar: 'internal_error', OAuth2: 'server_error', ours: 'internal_error' },
};

/** A house with a hasher that holds as little as one can. */
function busyHouse(server: Server, waiting: number) {
  const hasher = createHasher(cheapCost, { running: 1, waiting });
  const context: Context = { ...server.countersign.context, hasher };
  const { routes } = server.countersign;
  const app = createApp(context, { routes, dialects, metrics: createMetrics([]) });
  return { hasher, fetch: (path: string, init?: RequestInit) => app.fetch(new Request(url + path, init), {}) };
}

test('when too many passwords wait to be hashed the answer is 503 with Retry-After, and the house still lives', async () => {
  await using server = await startServer();
  const { hasher, fetch } = busyHouse(server, 0);
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
  detail: 'The server can not do this now. Try again shortly.',
  words: { Crossbar: 'unavailable', ours: 'unavailable' },
};

onEachDatabase('a database out of reach', (on) => {
  // SQLite is a file beside the house.
  if (on.flavour === 'sqlite') return;

  test('is 503 wherever it is needed, and when it is back the house serves again', async () => {
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
