/** A server whose public URL has a path, in front of which no proxy removes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { member, startServer, url as host, type Server } from '../../../kit/server.ts';
import { strangers } from '../catalogue.ts';
import { goodRequests } from '../good-requests.ts';

const base = '/a-b/c.d_e~';
const url = host + base;
const startBelow = () => startServer({ url, hasBasePath: true });

/** Asks at the root of the host; `server.call` asks below the path. */
async function ask({ countersign }: Server, path: string, init: RequestInit = {}) {
  const response = await countersign.fetch(new Request(host + path, init));
  const text = await response.text();
  const isJson = /[/+]json$/.test(response.headers.get('content-type') ?? '') && text !== '';
  const json = isJson ? (JSON.parse(text) as Readonly<Record<string, unknown>>) : {};
  return { status: response.status, headers: response.headers, text, json };
}

test('every route is below the path and, except for probes, metrics and well-known URIs, nowhere else', async () => {
  await using plain = await startServer();
  await using server = await startBelow();
  const comparable = ({ status, json, headers }: Awaited<ReturnType<typeof ask>>) =>
    JSON.stringify([status, json['code'], json['detail'], headers.get('allow'), headers.get('content-type')]);
  for (const { method, path, name } of goodRequests(plain.countersign.routes, strangers)) {
    const expected = await ask(plain, path, { method });
    const inside = base + path.replace(/\/$/, '');
    for (const asked of [inside, `${inside}/`])
      assert.equal(comparable(await ask(server, asked, { method })), comparable(expected), asked);
    const isAtRoot = /^\/(?:health\/|metrics|\.well-known\/)/.test(path);
    assert.equal((await ask(server, path, { method })).status, isAtRoot ? expected.status : 404, name);
    assert.equal((await ask(server, base + inside, { method })).status, 404, name);
    assert.equal((await ask(server, inside.toUpperCase(), { method })).status, 404, name);
  }
});

test('a wrong method and an unknown path below the path are answered in the form of their dialect', async () => {
  await using server = await startBelow();
  for (const path of ['/v2/nowhere', '/mfa/nowhere', '/nowhere']) {
    assert.equal((await server.call('GET', path)).status, 404);
    assert.equal((await ask(server, path)).json['code'], 'not_found');
  }
  assert.equal((await server.call('DELETE', '/v2/user_auth')).status, 405);
  assert.equal((await ask(server, '/health/live', { method: 'POST' })).headers.get('allow'), 'GET, HEAD');
});

test('the spelling of the path in a request does not matter', async () => {
  await using server = await startBelow();
  for (const path of ['/%61-b/c.d_e~/health/live', '/a-b/x/../c.d_e~/health/live', `${base}/./health/live`])
    assert.equal((await ask(server, path)).status, 200, path);
  for (const path of ['/a-b%2Fc.d_e~/health/live', '/a-b//c.d_e~/health/live', '/a-b/cXd_e~/health/live', '/a-b/', '/'])
    assert.equal((await ask(server, path)).status, 404, path);
});

test('every link of every page leads below the path', async () => {
  await using server = await startBelow();
  const accept = { headers: { Accept: 'text/html' } };
  const left = [base, `${base}/docs`];
  const seen = new Set(left);
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const { status, text, headers } = await ask(server, path, accept);
    assert.equal(status, 200, path);
    if (!headers.get('content-type')?.startsWith('text/html')) continue;
    for (const [, link = ''] of text.matchAll(/(?:href|src)="(\/[^"#]*)/g)) {
      assert.ok(link.startsWith(`${base}/`), `${path} links to ${link}`);
      if (!seen.has(link)) left.push(link);
      seen.add(link);
    }
  }
  for (const link of ['/docs', '/docs/style.css', '/openapi.json', '/problems', '/problems/name_taken'])
    assert.ok(seen.has(base + link), link);
});

test('every URL that the server makes has the path', async () => {
  await using server = await startBelow();
  const root = (await server.call('GET', '/')).json;
  assert.deepEqual(root, { ...(root as object), docs: `${url}/docs`, openapi: `${url}/openapi.json` });
  assert.deepEqual((await ask(server, `${base}/openapi.json`)).json['servers'], [{ url }]);
  const { json } = await server.call('GET', '/users/me');
  const { type } = json as { type: string };
  assert.equal(type, `${url}/problems/authentication_required`);
  assert.equal((await server.call('GET', type.slice(url.length))).status, 200);
  const listed = (await server.call('GET', '/problems')).json as readonly { type: string }[];
  for (const problem of listed) assert.ok(problem.type.startsWith(`${url}/problems/`), problem.type);
  const claims = server.admin.token.split('.')[1] ?? '';
  const { iss, aud } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
  assert.deepEqual([iss, aud], [url, url]);
  assert.equal(server.countersign.context.settings.redirectUri, `${url}/duo/callback`);
  const keys = await server.call('GET', '/.well-known/jwks.json');
  assert.deepEqual(keys.json, (await ask(server, '/.well-known/jwks.json')).json);
});

test('a login that goes on by a redirect is redirected below the path', async () => {
  await using server = await startBelow();
  const ada = await server.addPerson('ada');
  const app = await server.addApp(ada);
  const first = await server.call('GET', '/auth/password', { basic: [ada.name, ada.password] });
  const location = first.headers.get('location') ?? '';
  assert.equal(location, `${base}/auth/totp?jwt_token=${member(first, 'challenge_token')}`);
  server.clock.tick(60_000);
  const json = { token: server.code(app) };
  const second = await server.call('POST', location.slice(base.length), { json });
  assert.equal(second.status, 200, second.text);
});

test('a slash at the end of the public URL doubles no slash', async () => {
  await using server = await startServer({ url: `${url}/`, hasBasePath: true });
  assert.deepEqual((await ask(server, `${base}/openapi.json`)).json['servers'], [{ url }]);
  assert.equal(
    ((await server.call('GET', '/users/me')).json as { type: string }).type,
    `${url}/problems/authentication_required`,
  );
});

test('where the framework removes the path, requests come without it', async () => {
  await using server = await startServer({ url });
  assert.equal((await ask(server, '/auth/password')).status, 401);
  assert.equal((await ask(server, `${base}/auth/password`)).status, 404);
});
