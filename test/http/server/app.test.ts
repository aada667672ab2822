import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../../src/base/clock.ts';
import { assertSaid, basic, member, startServer, url, type Call } from '../../../kit/server.ts';
import { asksForSession, nameOf } from '../catalogue.ts';

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
    await server.call('PUT', '/users'),
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

test('a server that is mounted elsewhere knows no address, and serves', async () => {
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
