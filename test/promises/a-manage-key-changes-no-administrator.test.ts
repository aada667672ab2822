/** A key with `manage` never makes, changes, resets or removes an administrator or a service, and ends no session of one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unwrap } from '../../kit/test-engine.ts';
import { operator, requestContext } from '../../src/engine/context.ts';
import { ensureService } from '../../src/engine/operations.ts';
import { dataOf, door, tenant } from '../http/doors/crossbar/door.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { assertSaid, startServer, type Call, type Server } from '../../kit/server.ts';
import { addAdministrator, logInWith, makeManageKey } from './manage-keys.ts';

/** An administrator, one of a tenant, and a service, none of whom is the key's own. */
async function targets(server: Server) {
  const boss = await addAdministrator(server, 'boss');
  const app = await server.addApp(boss);
  const acme = await tenant(server, 'root', 'acme');
  const ctx = requestContext(server.countersign.context, operator);
  const shop = unwrap(await ensureService(ctx, { name: 'shop' }));
  return { boss, app, acme, shop };
}

onEachDatabase('a key with manage', (on) => {
  test('changes, resets and removes no administrator and no service, at either door', async () => {
    await using server = await startServer({ on });
    const { boss, app, acme, shop } = await targets(server);
    const bearer = await logInWith(server, await makeManageKey(server, server.admin));
    const { attempts: _log, ...before } = await server.rows();
    const refused = async (method: string, path: string, more: Call = {}) =>
      assertSaid(await server.call(method, path, { bearer, ...more }), '403 unattended_credential');
    for (const [account, uid] of [
      ['root', boss.uid],
      ['root', shop.id],
      ['root', server.admin.uid],
      [acme.id, acme.uid],
    ] as const) {
      const path = `/v2/accounts/${account}/users/${uid}`;
      for (const inside of [
        { password: 'a new password for them' },
        { enabled: false },
        { email: 'thief@example.org' },
        { roles: ['user'] },
        { roles: ['admin'], password: 'a new password for them' },
      ])
        await refused('PATCH', path, { json: { data: inside } });
      await refused('POST', path, { json: { data: { username: 'another name' } } });
      await refused('DELETE', path);
    }
    for (const uid of [boss.uid, shop.id, server.admin.uid]) {
      await refused('PATCH', `/users/${uid}`, { json: { email: 'thief@example.org' } });
      await refused('DELETE', `/users/${uid}`);
    }
    await refused('DELETE', `/users/${boss.uid}/secrets/${app.secretId}`);
    const { attempts: _same, ...after } = await server.rows();
    assert.deepEqual(after, before);
  });

  test('gives no role but user', async () => {
    await using server = await startServer({ on });
    const dan = await server.addPerson('dan');
    const ask = door(server, await logInWith(server, await makeManageKey(server, server.admin)));
    for (const roles of [['admin'], ['service'], ['user', 'admin'], ['user', 'service']]) {
      await ask(403, 'PUT', 'accounts/root/users', { username: 'eve', password: 'eve has this password', roles });
      await ask(403, 'PATCH', `accounts/root/users/${dan.uid}`, { roles });
      await ask(403, 'PATCH', `accounts/root/users/${dan.uid}`, { roles, password: 'a new password for dan' });
      await ask(403, 'POST', `accounts/root/users/${dan.uid}`, { username: 'dan', roles });
    }
    await ask(200, 'PATCH', `accounts/root/users/${dan.uid}`, { roles: ['user'] });
  });

  test('neither disables nor enables an account with administrators or services in or below it', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const admin = door(server);
    const empty = String(dataOf(await admin(201, 'PUT', 'accounts/root', { name: 'empty' }))['id']);
    const parent = String(dataOf(await admin(201, 'PUT', 'accounts/root', { name: 'parent' }))['id']);
    await tenant(server, parent, 'child');
    const shops = String(dataOf(await admin(201, 'PUT', 'accounts/root', { name: 'shops' }))['id']);
    await admin(201, 'PUT', `accounts/${shops}/users`, { username: 'shop', roles: ['service'] });
    const ask = door(server, await logInWith(server, await makeManageKey(server, server.admin)));
    for (const id of [acme.id, parent, shops]) {
      await ask(403, 'PATCH', `accounts/${id}`, { enabled: false });
      await ask(200, 'PATCH', `accounts/${id}`, { enabled: true });
    }
    await ask(200, 'PATCH', `accounts/${empty}`, { enabled: false });
    await ask(200, 'PATCH', `accounts/${empty}`, { enabled: true });
    await door(server)(200, 'PATCH', `accounts/${acme.id}`, { enabled: false });
    await ask(403, 'PATCH', `accounts/${acme.id}`, { enabled: true });
  });

  test('makes no key, changes nothing of its own user, and ends no session but its own', async () => {
    await using server = await startServer({ on });
    const boss = await addAdministrator(server, 'boss');
    const bearer = await logInWith(server, await makeManageKey(server, server.admin));
    const json = { type: 'apikey', scope: 'manage' };
    for (const uid of ['me', server.admin.uid, boss.uid])
      assertSaid(await server.call('POST', `/users/${uid}/secrets`, { bearer, json }), '403 unattended_credential');
    const sessions = (await server.call('GET', '/sessions', { bearer })).json as { sid: string; current: boolean }[];
    assert.equal(sessions.length, 2);
    for (const { sid, current } of sessions.toSorted((one, other) => Number(one.current) - Number(other.current)))
      assertSaid(
        await server.call('DELETE', `/sessions/${sid}`, { bearer }),
        current ? '204 undefined' : '403 unattended_credential',
      );
    assertSaid(await server.call('GET', '/users/me', { bearer }), '401 invalid_token');
    assert.equal((await server.call('GET', '/users/me', { bearer: server.admin.token })).status, 200);
  });

  test('resets the password and the factors of a user who administers nothing', async () => {
    await using server = await startServer({ on });
    const dan = await server.addPerson('dan');
    const app = await server.addApp(dan);
    const bearer = await logInWith(server, await makeManageKey(server, server.admin));
    const removed = await server.call('DELETE', `/users/${dan.uid}/secrets/${app.secretId}`, { bearer });
    assert.equal(removed.status, 204, removed.text);
    const password = 'a new password for dan';
    await door(server, bearer)(200, 'PATCH', `accounts/root/users/${dan.uid}`, { password });
    assert.ok(await server.logIn({ name: 'dan', password }));
    const audited = await server.countersign.context.store.db
      .selectFrom('attempts')
      .select(['action', 'session_id'])
      .where('action', 'in', ['remove', 'password.reset'])
      .execute();
    assert.equal(audited.length, 2);
    assert.ok(audited.every(({ session_id }) => session_id !== null));
    assert.equal((await server.call('DELETE', `/users/${dan.uid}`, { bearer })).status, 204);
  });

  test('changes no provider that a rule names: with its keys it could answer for an administrator', async () => {
    await using server = await startServer({ on });
    const key = await makeManageKey(server, server.admin);
    const ask = door(server);
    const given = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, settings: {} };
    const named = String(dataOf(await ask(201, 'PUT', 'accounts/root/multi_factor', given))['id']);
    const auth_modules = { user_auth: { multi_factor: { configuration_id: named } } };
    await ask(200, 'PATCH', 'accounts/root/security', { auth_modules });
    const program = door(server, await logInWith(server, key));
    const before = (await server.rows())['providers'];
    for (const [method, json] of [
      ['PATCH', { enabled: false }],
      ['POST', { ...given, enabled: false }],
    ] as const) {
      await program(403, method, `accounts/root/multi_factor/${named}`, json);
    }
    await program(409, 'DELETE', `accounts/root/multi_factor/${named}`);
    assert.deepEqual((await server.rows())['providers'], before);
    const other = String(dataOf(await program(201, 'PUT', 'accounts/root/multi_factor', given))['id']);
    await program(200, 'PATCH', `accounts/root/multi_factor/${other}`, { enabled: false });
  });
});
