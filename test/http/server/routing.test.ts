import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../../src/base/clock.ts';
import { startServer } from '../../../kit/server.ts';
import { strangers } from '../catalogue.ts';
import { goodRequests, send } from '../good-requests.ts';
import { assertWrong } from './app-help.ts';

const fill = (path: string) => path.replace(/\{\w+\}/g, strangers.uid);

test('every path works with and without a trailing slash', async () => {
  await using server = await startServer();
  for (const good of goodRequests(server.countersign.routes, strangers)) {
    const plain = await send(server, good);
    server.clock.tick(15 * minute);
    const slashed = await send(server, { ...good, path: withSlash(good.path) });
    assert.equal(slashed.status, plain.status, good.name);
    assert.equal(slashed.headers.get('content-type'), plain.headers.get('content-type'), good.name);
    server.clock.tick(15 * minute);
  }
});

/** The root has no form without a slash. */
const withSlash = (path: string) => path.replace(/\/?$/, '/');

test('a slash too many is another path', async () => {
  await using server = await startServer();
  for (const path of ['/users//', '//users', '/users//me', '/health/live//']) {
    assert.equal((await server.call('GET', path, { bearer: server.admin.token })).status, 404, path);
  }
});

test('an unknown route is 404, with any method', async () => {
  await using server = await startServer();
  for (const path of [
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
  detail: 'This route does not exist.',
  words: { Crossbar: 'bad_identifier', ours: 'not_found' },
};

test('a known route with another method is 405, and Allow names the methods it has', async () => {
  await using server = await startServer();
  for (const [path, routes] of Map.groupBy(server.countersign.routes, (route) => route.path)) {
    const has = routes.flatMap(({ method, writes }) =>
      method === 'get' && !writes ? ['GET', 'HEAD'] : [method.toUpperCase()],
    );
    for (const asked of [fill(path), withSlash(fill(path))]) {
      const options = await server.call('OPTIONS', asked);
      assert.equal(options.status, 204, options.asked);
      assert.deepEqual(options.headers.get('allow')?.split(', ').toSorted(), has.toSorted(), options.asked);
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'x']) {
        if (has.includes(method)) continue;
        const answer = await server.call(method, asked, { bearer: server.admin.token });
        const detail = `This path supports only ${answer.headers.get('allow')}.`;
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
    ({ method, route }) => method === 'GET' && !route.writes,
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

test('HEAD never writes: where GET does, it is a wrong method', async () => {
  await using server = await startServer();
  const ada = await server.addPerson('ada');
  await server.addApp(ada);
  const before = await server.rows();
  for (const [path, call] of [
    ['/mfa/recovery', { bearer: ada.token }],
    ['/mfa/recovery/', { bearer: ada.token }],
    ['/auth/password', { basic: [ada.name, ada.password] as const }],
  ] as const) {
    const head = await server.call('HEAD', path, call);
    assert.equal(head.status, 405, path);
    assert.doesNotMatch(head.headers.get('allow') ?? '', /HEAD/);
  }
  assert.deepEqual(await server.rows(), before);
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
