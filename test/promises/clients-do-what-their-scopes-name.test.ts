/**
 * The session of an OAuth2 client does what its scopes name and nothing more. The routes that each scope opens are in
 * every-caller-at-every-route.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { minute } from '../../src/base/clock.ts';
import { asksForSession, nameOf } from '../http/catalogue.ts';
import { dataOf, door } from '../http/doors/crossbar/door.ts';
import { addApp, grant, tokensOf } from '../http/doors/oauth2/help.ts';
import { ada, goodRequests, send } from '../http/good-requests.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { member, startServer, type Answer, type Person, type Server } from '../../kit/server.ts';

type Closed = 'mfa' | 'closed';

/** The answers that a client with these scopes gets for the administrator. */
async function tokenFor(server: Server, scope: string, who: Pick<Person, 'name' | 'password'> = server.admin) {
  const scopes = scope.split(' ').filter((word) => word === 'mfa' || word === 'manage');
  const app = await addApp(server, { scopes, default_scopes: scopes });
  return tokensOf(await grant(server, app, who)).access;
}

const challengeOf = ({ headers }: Answer) => headers.get('www-authenticate') ?? '';

function assertRefused(answer: Answer, needed: Closed): void {
  const about = `${answer.asked} ${answer.status} ${answer.text}`;
  assert.equal(answer.status, 403, about);
  const named = needed === 'closed' ? '' : `, scope="${needed}"`;
  assert.equal(challengeOf(answer), `Bearer error="insufficient_scope"${named}`, about);
}

onEachDatabase("a client's session", (on) => {
  test('is no service, whatever its user is', async () => {
    await using server = await startServer({ on });
    const { token: bearer, name } = server.admin;
    const made = await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } });
    const key = await tokenFor(server, 'mfa manage', { name, password: member(made, 'secret') });
    const cast = await ada(server);
    for (const good of goodRequests(server.countersign.routes, cast)) {
      if (good.route.access !== 'service') continue;
      assert.equal((await send(server, good, { bearer: key })).status, 403, good.name);
    }
    const json = { user: { uid: cast.uid } };
    assert.equal((await server.call('POST', '/challenges', { bearer: key, json })).status, 400);
  });

  test('that may manage factors makes and removes no first factor, with which it would log in without its scope', async () => {
    await using server = await startServer({ on });
    const { token, name, password } = await server.addPerson('ada');
    const key = await server.call('POST', '/users/me/secrets', { bearer: token, json: { type: 'apikey' } });
    const bearer = await tokenFor(server, 'mfa', { name, password });
    for (const json of [
      { type: 'apikey' },
      { type: 'device', secret: 'a secret that a device made' },
      { type: 'password', secret: 'another password', currentPassword: password },
    ])
      assertRefused(await server.call('POST', '/users/me/secrets', { bearer, json }), 'closed');
    assertRefused(await server.call('DELETE', `/users/me/secrets/${member(key, 'uid')}`, { bearer }), 'closed');
    const app = await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'mfa' } });
    assert.equal(app.status, 200, app.text);
  });

  test('with no scope reads its user, steps up and ends itself, and no other session', async () => {
    await using server = await startServer({ on });
    const person = await server.addPerson('ada');
    const bearer = await tokenFor(server, '', person);
    for (const path of ['/users/me', '/mfa/', '/sessions'])
      assert.equal((await server.call('GET', path, { bearer })).status, 200, path);
    const sessions = (await server.call('GET', '/sessions', { bearer })).json as { sid: string; current: boolean }[];
    const sidOf = (isCurrent: boolean) => sessions.find(({ current }) => current === isCurrent)?.sid ?? assert.fail();
    assertRefused(await server.call('DELETE', `/sessions/${sidOf(false)}`, { bearer }), 'closed');
    assert.equal((await server.call('DELETE', `/sessions/${sidOf(true)}`, { bearer })).status, 204);
    assert.equal((await server.call('GET', '/users/me', { bearer })).status, 401);
    assert.equal((await server.call('GET', '/users/me', { bearer: person.token })).status, 200);
  });

  test('changes nobody, makes no key and no administrator without a scope, and is told so in each dialect', async () => {
    await using server = await startServer({ on });
    const bearer = await tokenFor(server, 'read');
    const changed = await server.call('PATCH', '/users/me', { bearer, json: { email: 'eve@example.org' } });
    assert.equal(member(changed, 'code'), 'insufficient_scope');
    assertRefused(await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } }), 'mfa');
    const eve = { username: 'eve', password: 'eve has this password', roles: ['admin'] };
    const made = await server.call('PUT', '/v2/accounts/root/users', { bearer, json: { data: eve } });
    assert.deepEqual([made.status, member(made, 'message')], [403, 'insufficient_scope']);
    const off = await server.call('DELETE', '/mfa/', { bearer });
    assert.deepEqual([off.status, Object.keys(off.json as object)], [403, ['detail']]);
  });

  test('administers with the scope for it and fresh proof', async () => {
    await using server = await startServer({ on });
    const bearer = await tokenFor(server, 'manage');
    const ask = door(server, bearer);
    const bob = dataOf(await ask(201, 'PUT', 'accounts/root/users', { username: 'bob' }));
    await ask(200, 'GET', `accounts/root/users/${String(bob['id'])}`);
    server.clock.tick(15 * minute + 1);
    await ask(401, 'PUT', 'accounts/root/users', { username: 'carol' });
  });

  test('gets no scope by a step-up that its client may not have any more', async () => {
    await using server = await startServer({ on });
    const app = await addApp(server, { scopes: ['mfa', 'manage'], default_scopes: ['mfa', 'manage'] });
    const { access: bearer } = tokensOf(await grant(server, app, server.admin));
    const json = { scopes: ['mfa'], default_scopes: ['mfa'] };
    await server.call('PATCH', `/oauth2/clients/${app.id}`, { bearer: server.admin.token, json });
    const id = member(await server.call('POST', '/challenges', { bearer, json: {} }), 'id');
    const { password } = server.admin;
    const raised = await server.call('POST', `/challenges/${id}/verify`, { bearer, json: { password } });
    const next = member(raised, 'token');
    assert.equal(decodeJwt(next)['scope'], 'mfa');
    assert.equal((await server.call('GET', '/users', { bearer: next })).status, 403);
  });

  test('meets a route that states nothing for clients, which is closed to it', async () => {
    await using server = await startServer({ on });
    const silent = server.countersign.routes.filter(({ scope, access }) => scope === undefined && access !== 'service');
    const taking = silent.filter((route) => asksForSession(route) || route.access === 'optional');
    assert.deepEqual(taking.map(nameOf), []);
  });
});
