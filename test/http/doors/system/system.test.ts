import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { systemRoutes } from '../../../../src/http/doors/system/system.ts';
import type { Handled } from '../../../../src/http/route.ts';
import { startServer, url, type Server } from '../../../../kit/server.ts';

const keysOf = async (server: Server) => (await server.call('GET', '/.well-known/jwks.json')).json as JSONWebKeySet;

test('an outsider verifies an access token with the public keys alone', async () => {
  await using server = await startServer();
  const keys = createLocalJWKSet(await keysOf(server));
  const { payload, protectedHeader } = await jwtVerify(server.admin.token, keys, {
    issuer: url,
    audience: url,
    typ: 'at+jwt',
    algorithms: ['EdDSA'],
    currentDate: new Date(server.clock.now()),
  });
  assert.equal(payload.sub, server.admin.uid);
  assert.deepEqual(Object.keys(protectedHeader).toSorted(), ['alg', 'kid', 'typ']);
});

test('an outsider refuses the same token when a character of it is changed, or for another audience', async () => {
  await using server = await startServer();
  const keys = createLocalJWKSet(await keysOf(server));
  const [head = '', body = '', signature = ''] = server.admin.token.split('.');
  const claims = Buffer.from(body, 'base64url').toString().replace('aal1', 'aal2');
  const forged = [head, Buffer.from(claims).toString('base64url'), signature].join('.');
  const currentDate = new Date(server.clock.now());
  await assert.rejects(jwtVerify(forged, keys, { currentDate }), { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
  await assert.rejects(jwtVerify(server.admin.token, keys, { currentDate, audience: 'https://other.example' }));
});

test('the key set holds the key of the token and nothing private', async () => {
  await using server = await startServer();
  const { keys } = await keysOf(server);
  const { kid } = decodeProtectedHeader(server.admin.token);
  assert.deepEqual(
    keys.map((key) => key.kid),
    [kid],
  );
  for (const key of keys) {
    assert.deepEqual(Object.keys(key).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    assert.deepEqual([key.kty, key.crv, key.alg, key.use], ['OKP', 'Ed25519', 'EdDSA', 'sig']);
  }
});

test('/health/live and /health/ready answer that all is well', async () => {
  await using server = await startServer();
  for (const path of ['/health/live', '/health/ready']) {
    const { status, json } = await server.call('GET', path);
    assert.deepEqual([status, json], [200, { status: 'ok' }]);
  }
});

test('/health/ready is 503 when the database is gone, and /health/live is not', async () => {
  await using server = await startServer();
  await server.countersign.close();
  const ready = await server.call('GET', '/health/ready', { breaks: true });
  assert.equal(ready.status, 503);
  assert.equal((await server.call('GET', '/health/live')).status, 200);
});

test('the documents of the server name each other', async () => {
  await using server = await startServer();
  assert.match((await server.call('GET', '/docs')).text, /href="\/openapi\.json"/);
  const { paths } = (await server.call('GET', '/openapi.json')).json as { paths: object };
  assert.ok('/docs' in paths && '/openapi.json' in paths && '/health/live' in paths);
});

test('they are made once, and everybody is sent the same bytes', async () => {
  const about = { version: '1.0.0', url: 'https://countersign.example', metrics: () => '' };
  const rows = systemRoutes([], about).filter(({ path }) => path === '/docs' || path === '/openapi.json');
  const anybody = {} as Handled;
  for (const { path, handle } of rows) {
    const [first, second] = [await handle(anybody), await handle(anybody)];
    assert.ok(first.bytes && first.bytes.length > 1000, path);
    assert.equal(second.bytes, first.bytes, path);
  }
  assert.equal(rows.length, 2);
});

test('nobody needs to show anything to see them, and what they show changes nothing', async () => {
  await using server = await startServer();
  for (const path of ['/', '/health/live', '/.well-known/jwks.json', '/openapi.json', '/docs', '/docs/style.css']) {
    const [open, shown, broken] = [
      await server.call('GET', path),
      await server.call('GET', path, { bearer: server.admin.token }),
      await server.call('GET', path, { bearer: 'x' }),
    ];
    assert.deepEqual([shown.text, broken.text], [open.text, open.text]);
  }
});

const fromBrowser = { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };

test('the root tells programs what this server is, and no more than the OpenAPI document does', async () => {
  await using server = await startServer();
  const { info } = (await server.call('GET', '/openapi.json')).json as { info: { version: string } };
  for (const headers of [{}, { Accept: '*/*' }, { Accept: 'application/json' }]) {
    const { status, json, headers: answered } = await server.call('GET', '/', { headers });
    assert.equal(status, 200);
    assert.deepEqual(json, {
      name: 'Countersign',
      version: info.version,
      docs: `${url}/docs`,
      openapi: `${url}/openapi.json`,
    });
    assert.equal(answered.get('vary'), 'Accept');
  }
});

test('it shows a browser a page that leads to the documentation', async () => {
  await using server = await startServer();
  const { status, headers, text } = await server.call('GET', '/', fromBrowser);
  assert.deepEqual(
    [status, headers.get('content-type'), headers.get('vary')],
    [200, 'text/html; charset=utf-8', 'Accept'],
  );
  assert.match(text, /<h1>Countersign<\/h1>/);
  assert.match(text, /href="\/docs"/);
  assert.doesNotMatch(text, /<script|<style|style="|https?:/);
});

test('below a path, the pages lead to what is below that path', async () => {
  await using server = await startServer({ url: `${url}/mfa-server/` });
  const root = await server.call('GET', '/', fromBrowser);
  const docs = await server.call('GET', '/docs');
  const problem = await server.call('GET', '/problems/conflict', fromBrowser);
  for (const { text } of [root, docs, problem])
    for (const [, link = ''] of text.matchAll(/href="([^"#][^"]*)"/g))
      assert.match(link, /^\/mfa-server\/(?:docs|openapi|problems)/);
  assert.equal((root.text + docs.text).match(/href="\/mfa-server\/openapi.json"/g)?.length, 2);
  const { docs: place } = (await server.call('GET', '/')).json as { docs: string };
  assert.equal(place, `${url}/mfa-server/docs`);
});
