/**
 * The last enabled administrator of the root account is never removed, disabled or demoted, by others or by themselves, one after another or
 * at once; and no user is both service and administrator.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../kit/databases.ts';
import { twoNodes } from '../../kit/nodes.ts';
import { assertSaid, member, startServer, type Call, type Server } from '../../kit/server.ts';
import { bodyOf, dataOf, door, tenant } from '../http/doors/crossbar/door.ts';

/** The requests that take an administrator from the root, at every route that could. */
const losses = (uid: string): readonly (readonly [method: string, path: string, call: Call])[] => [
  ['DELETE', `/users/${uid}`, {}],
  ['DELETE', `/v2/accounts/root/users/${uid}`, {}],
  ['PATCH', `/v2/accounts/root/users/${uid}`, { json: { data: { roles: ['user'] } } }],
  ['PATCH', `/v2/accounts/root/users/${uid}`, { json: { data: { roles: ['service'] } } }],
  ['POST', `/v2/accounts/root/users/${uid}`, { json: { data: { username: 'admin' } } }],
];

async function addAdministrator(server: Server, username: string, bearer = server.admin.token) {
  const password = `the secret of ${username}`;
  const data = { username, password, roles: ['admin'] };
  const uid = String(dataOf(await door(server, bearer)(201, 'PUT', 'accounts/root/users', data))['id']);
  return { uid, token: await server.logIn({ name: username, password }) };
}

onEachDatabase('the root', (on) => {
  test('keeps its last administrator, who cannot remove or demote themselves', async () => {
    await using server = await startServer({ on });
    const { uid, token: bearer } = server.admin;
    // An administrator below the root, or one who is disabled, does not count.
    await tenant(server, 'root', 'acme');
    const other = await addAdministrator(server, 'other');
    const path = `accounts/root/users/${other.uid}`;
    await door(server)(200, 'PATCH', path, { enabled: false });
    const { attempts: _log, ...before } = await server.rows();
    for (const [method, at, call] of losses(uid)) {
      const answer = await server.call(method, at, { bearer, ...call });
      if (at.startsWith('/v2')) assert.equal(bodyOf(answer)['message'], 'last_administrator', answer.text);
      assertSaid(answer, '409 last_administrator');
    }
    const { attempts: _same, ...after } = await server.rows();
    assert.deepEqual(after, before);
    // Another one takes their place.
    await door(server)(200, 'PATCH', path, { enabled: true });
    await door(server)(200, 'PATCH', `accounts/root/users/${uid}`, { roles: ['user'] });
  });

  for (const [what, data] of Object.entries({
    disable: { enabled: false },
    demote: { roles: ['user'] },
    remove: null,
  })) {
    test(`keeps one of two administrators who ${what} each other at once, on two nodes`, async () => {
      await using town = await twoNodes(on);
      const other = await addAdministrator(town, 'other');
      const [here, there] = town.nodes;
      const method = data ? 'PATCH' : 'DELETE';
      const pathOf = ({ uid }: { readonly uid: string }) => `/v2/accounts/root/users/${uid}`;
      const call = (bearer: string): Call => ({ bearer, ...(data && { json: { data } }) });
      const answers = await Promise.all([
        here(method, pathOf(other), call(town.admin.token)),
        there(method, pathOf(town.admin), call(other.token)),
      ]);
      const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
      // The later one finds the other administrator gone, or is none any more.
      assert.ok(statuses[0] === 200 && [401, 404, 409].includes(statuses[1] ?? 0), JSON.stringify(statuses));
      const { db } = town.countersign.context.store;
      const left = db.selectFrom('users').selectAll().where('enabled', '=', 1).where('roles', 'like', '%admin%');
      assert.equal((await left.execute()).length, 1);
    });
  }

  for (const roles of [
    ['admin', 'service'],
    ['user', 'service'],
  ])
    test(`has no user with the roles ${roles.join(' and ')}, however they are made`, async () => {
      await using server = await startServer({ on });
      const ask = door(server);
      const { id } = await tenant(server, 'root', 'acme');
      const bob = await server.addPerson('bob');
      for (const account of ['root', id]) {
        const made = await ask(400, 'PUT', `accounts/${account}/users`, { username: 'eve', roles });
        assert.equal(bodyOf(made)['message'], 'role_conflict');
      }
      const path = `accounts/root/users/${bob.uid}`;
      await ask(400, 'PATCH', path, { roles });
      await ask(400, 'PATCH', path, { roles, password: 'another one for bob' });
      await ask(400, 'POST', path, { username: 'bob', roles: [...roles, 'user'] });
      assert.deepEqual(dataOf(await ask(200, 'GET', path))['roles'], ['user']);
      assert.equal((await server.call('GET', '/auth/password', { basic: ['bob', bob.password] })).status, 200);
    });

  test('takes an older row that is both for an administrator, whose apikey asks nothing of others', async () => {
    await using server = await startServer({ on });
    const bob = await server.addPerson('bob');
    const json = { user: { uid: bob.uid } };
    const { db } = server.countersign.context.store;
    const { token: bearer, uid, name } = server.admin;
    const key = member(await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } }), 'secret');
    const session = member(await server.call('GET', '/auth/password', { basic: [name, key] }), 'token');
    for (const roles of [['admin'], ['admin', 'service']]) {
      await db
        .updateTable('users')
        .set({ roles: JSON.stringify(roles) })
        .where('id', '=', uid)
        .execute();
      assertSaid(await server.call('POST', '/challenges', { bearer: key, json }), '401 invalid_token');
      assertSaid(await server.call('POST', '/challenges', { bearer: session, json }), '400 invalid_request');
      assertSaid(await server.call('PUT', '/users/mallory', { bearer: session, json: {} }), '403 forbidden');
      assert.equal((await server.call('GET', '/users', { bearer })).status, 200);
    }
  });
});
