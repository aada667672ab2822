/**
 * The session of an OAuth2 client does what its scopes name and nothing more. Every route that takes a session is walked; one that the table
 * below does not name must be closed to clients.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import { asksForSession, nameOf } from '../http/catalogue.ts';
import { dataOf, door } from '../http/doors/crossbar/door.ts';
import { addApp, grant, tokensOf } from '../http/doors/oauth2/help.ts';
import { ada, goodRequests, send, type Good } from '../http/good-requests.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { member, startServer, type Answer, type Person, type Server } from '../../kit/server.ts';

type Needed = 'none' | 'mfa' | 'manage' | 'closed';

/** Where the path names a user or a session, the first is for the caller's own and the second for others. */
const needs: Readonly<Record<string, Needed | readonly [own: Needed, others: Needed]>> = {
  'GET /mfa': 'none',
  'DELETE /mfa': 'mfa',
  'GET /mfa/recovery': 'mfa',
  'POST /challenges': 'none',
  'GET /challenges/{id}': 'none',
  'POST /challenges/{id}/send': 'none',
  'POST /challenges/{id}/verify': 'none',
  // Without the client's name in the query.
  'GET /forward-auth': 'closed',
  'GET /sessions': 'none',
  'DELETE /sessions/current': 'none',
  'DELETE /sessions/{sid}': ['none', 'closed'],
  'POST /users': 'manage',
  'GET /users': 'manage',
  'GET /users/{uid}': ['none', 'manage'],
  'PATCH /users/{uid}': ['closed', 'manage'],
  'DELETE /users/{uid}': ['closed', 'manage'],
  'GET /users/{uid}/secrets': ['mfa', 'manage'],
  'GET /users/{uid}/secrets/count': ['mfa', 'manage'],
  'GET /users/{uid}/secrets/{secretId}': ['mfa', 'manage'],
  'POST /users/{uid}/secrets': ['mfa', 'closed'],
  'POST /users/{uid}/secrets/codes': ['mfa', 'closed'],
  'PUT /users/{uid}/secrets/{secretId}/enroll': ['mfa', 'closed'],
  'PUT /users/{uid}/secrets/{secretId}': ['mfa', 'closed'],
  'DELETE /users/{uid}/secrets/{secretId}': ['mfa', 'manage'],
};

function neededAt({ name, path }: Good, isOwn: boolean): Needed {
  const row = needs[name];
  if (row !== undefined) return typeof row === 'string' ? row : row[isOwn ? 0 : 1];
  if (name.startsWith('PUT /mfa/')) return 'mfa';
  return path.startsWith('/v2/') || path.startsWith('/oauth2/clients') ? 'manage' : 'closed';
}

/** A new first factor has a test of its own below. */
const isFirstFactor = (json: unknown) =>
  ['password', 'apikey', 'device'].includes(String((json as { type?: unknown } | undefined)?.type));

/** The answers that a client with these scopes gets for the administrator. */
async function tokenFor(server: Server, scope: string, who: Pick<Person, 'name' | 'password'> = server.admin) {
  const scopes = scope.split(' ').filter((word) => word === 'mfa' || word === 'manage');
  const app = await addApp(server, { scopes, default_scopes: scopes });
  return tokensOf(await grant(server, app, who)).access;
}

const challengeOf = ({ headers }: Answer) => headers.get('www-authenticate') ?? '';

function assertRefused(answer: Answer, needed: Needed): void {
  const about = `${answer.asked} ${answer.status} ${answer.text}`;
  assert.equal(answer.status, 403, about);
  const named = needed === 'closed' ? '' : `, scope="${needed}"`;
  assert.equal(challengeOf(answer), `Bearer error="insufficient_scope"${named}`, about);
}

onEachDatabase("a client's session", (on) => {
  for (const scope of ['', 'read write', 'mfa', 'manage', 'mfa manage']) {
    test(`with the scope "${scope}" is refused at every route that this does not name, and changes nothing there`, async () => {
      await using server = await startServer({ on });
      const cast = await ada(server);
      const bearer = await tokenFor(server, scope);
      // An allowed request is refused for the age of its proof, so that the walk goes on.
      server.clock.tick(15 * minute + 1);
      const { attempts: _log, ...before } = await server.rows();
      const routes = server.countersign.routes.filter((route) => asksForSession(route) || route.access === 'optional');
      for (const [uid, isOwn] of [
        ['me', true],
        [server.admin.uid, true],
        [cast.uid, false],
      ] as const) {
        for (const good of goodRequests(routes, { ...cast, uid })) {
          if (good.route.access === 'service') continue;
          const isOwnHere = isOwn && !good.name.includes('{sid}');
          const needed = neededAt(good, isOwnHere);
          if (needed === 'none' && good.method === 'DELETE') continue;
          const answer = await send(server, good, { bearer });
          if (needed === 'none' || scope.split(' ').includes(needed)) {
            if (isFirstFactor(good.json)) continue;
            assert.ok(!challengeOf(answer).includes('insufficient_scope'), `${answer.asked} ${answer.text}`);
          } else assertRefused(answer, needed);
        }
      }
      const { attempts: _same, challenges: _asked, ...after } = await server.rows();
      const { challenges: _none, ...unchanged } = before;
      assert.deepEqual(after, unchanged);
    });
  }

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

  test('meets a route that states nothing for clients, which is closed to it', async () => {
    await using server = await startServer({ on });
    const silent = server.countersign.routes.filter(({ scope, access }) => scope === undefined && access !== 'service');
    const taking = silent.filter((route) => asksForSession(route) || route.access === 'optional');
    assert.deepEqual(taking.map(nameOf), []);
  });
});
