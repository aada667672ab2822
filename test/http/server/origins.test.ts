/** Requests that a browser makes for pages of other origins: contract 1.1, "Requests of other sites" and "CORS". */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer, type Server } from '../../../kit/server.ts';
import { goodRequests, send } from '../good-requests.ts';
import { strangers } from '../catalogue.ts';

const app = 'https://app.example.com';
const evil = 'https://app.example.com.evil.example';

/** Routes that pages of other origins load. */
const exempt = ['/forward-auth', '/docs/style.css', '/.well-known/jwks.json'];

const crossOrigin = (site: string, origin?: string) => ({
  'Sec-Fetch-Site': site,
  'Sec-Fetch-Mode': 'cors',
  ...(origin !== undefined && { Origin: origin }),
});

const codeIn = (text: string) => /origin_not_allowed|Pages of this origin/.test(text);

const withOrigins = (...corsOrigins: string[]) => startServer({ corsOrigins });

test('a page of another origin makes no request at any route: nothing is read, counted, written or sent', async () => {
  await using server = await withOrigins(app);
  const all = goodRequests(server.countersign.routes, { ...strangers, uid: 'me' });
  const before = await server.rows();
  const sent = server.sent.length;
  for (const good of all) {
    for (const headers of [
      crossOrigin('cross-site', evil),
      crossOrigin('same-site', 'https://other.example.com'),
      crossOrigin('cross-site', 'null'),
      crossOrigin('cross-site'),
      crossOrigin('anything else'),
    ]) {
      const basic: [string, string] = [server.admin.name, server.admin.password];
      const call = good.route.access === 'basic' ? { basic } : { bearer: server.admin.token };
      const answer = await send(server, good, { ...call, headers });
      if (exempt.includes(good.route.path)) assert.notEqual(answer.status, 403, good.name);
      else assert.deepEqual([answer.status, codeIn(answer.text)], [403, true], `${good.name} ${answer.text}`);
      if (good.route.path !== '/.well-known/jwks.json')
        assert.equal(answer.headers.get('access-control-allow-origin'), null, good.name);
    }
  }
  assert.deepEqual([await server.rows(), server.sent.length], [before, sent]);
});

test('a link from another site opens a page, and never logs in', async () => {
  await using server = await withOrigins();
  const headers = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', Accept: 'text/html' };
  for (const path of ['/', '/docs', '/problems/not_found'])
    assert.equal((await server.call('GET', path, { headers })).status, 200, path);
  const basic: [string, string] = [server.admin.name, server.admin.password];
  for (const path of ['/auth/password', '/auth/password/', '/auth/p%61ssword']) {
    const refused = await server.call('GET', path, { headers, basic });
    assert.deepEqual([refused.status, refused.headers.get('content-type')], [403, 'text/html; charset=utf-8'], path);
  }
  const form = await server.call('POST', '/mfa/oauth2/token', { headers });
  assert.equal(form.status, 403);
});

test('a program that is no browser, the own pages and the address bar are not asked for an origin', async () => {
  await using server = await withOrigins();
  for (const site of [undefined, 'same-origin', 'none']) {
    const headers = site === undefined ? {} : { 'Sec-Fetch-Site': site };
    const answer = await server.call('GET', '/users/me', { bearer: server.admin.token, headers });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('vary'), null);
  }
});

/** Sends the preflight request of a browser. */
const asked = (server: Server, path: string, origin: string) =>
  server.call('OPTIONS', path, {
    headers: {
      ...crossOrigin('cross-site', origin),
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization,content-type',
    },
  });

const opened = [
  '/mfa',
  '/users',
  '/users/me',
  '/auth/totp',
  '/v2/user_auth',
  '/challenges',
  '/sessions',
  '/oauth2/revoke',
];
const closed = ['/oauth2/clients', '/oauth2/introspect', '/docs', '/metrics', '/health/ready', '/openapi.json', '/'];

test('a listed origin may use the API and read the answers, and nothing else', async () => {
  await using server = await withOrigins(app, 'http://localhost:3000');
  for (const path of opened) {
    for (const origin of [app, 'http://localhost:3000']) {
      const answer = await asked(server, path, origin);
      const header = (name: string) => answer.headers.get(`access-control-${name}`);
      assert.deepEqual([answer.status, header('allow-origin'), answer.headers.get('vary')], [204, origin, 'Origin']);
      assert.equal(header('allow-methods'), 'GET, POST, PUT, PATCH, DELETE');
      assert.equal(
        header('allow-headers'),
        'Authorization, Content-Type, X-Auth-Token, If-Match, X-Known-Device, X-Requested-With, Cache-Control, X-Kazoo-Cluster-ID',
      );
      assert.deepEqual([header('max-age'), header('allow-credentials')], ['600', null]);
    }
  }
  const headers = crossOrigin('cross-site', app);
  const read = await server.call('GET', '/users/me', { bearer: server.admin.token, headers });
  assert.deepEqual(
    [read.status, read.headers.get('access-control-allow-origin'), read.headers.get('cross-origin-resource-policy')],
    [200, app, 'cross-origin'],
  );
  assert.match(String(read.headers.get('access-control-expose-headers')), /WWW-Authenticate.*X-Request-Id/);
  const wrong = await server.call('GET', '/users/me', { headers });
  assert.deepEqual([wrong.status, wrong.headers.get('access-control-allow-origin')], [401, app]);
  for (const path of closed) {
    const answer = await asked(server, path, app);
    assert.equal(answer.headers.get('access-control-allow-origin'), null, path);
  }
});

test('no other origin is let in, however much it looks like a listed one', async () => {
  await using server = await withOrigins(app);
  for (const origin of [
    evil,
    'null',
    'http://app.example.com',
    `${app}:443`,
    `${app}/`,
    'https://APP.example.com',
    '',
  ]) {
    const answer = await asked(server, '/users', origin);
    assert.deepEqual([answer.status, answer.headers.get('access-control-allow-origin')], [403, null], origin);
  }
});

test('`*` lets every origin in but `null`, and public keys are for every page at any time', async () => {
  await using open = await withOrigins('*');
  assert.equal((await asked(open, '/users', evil)).headers.get('access-control-allow-origin'), evil);
  assert.equal((await asked(open, '/users', 'null')).status, 403);
  await using server = await withOrigins();
  const keys = await server.call('GET', '/.well-known/jwks.json', { headers: crossOrigin('cross-site', evil) });
  assert.deepEqual([keys.status, keys.headers.get('access-control-allow-origin')], [200, '*']);
  assert.equal((await asked(server, '/users', app)).status, 403);
});
