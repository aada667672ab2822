/** Keys with an end, and those with `manage`: who makes them for whom, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, hour, minute } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { assertSaid, member, startServer, type Server } from '../../../../kit/server.ts';
import { addAdministrator, makeManageKey, tryKey } from '../../../promises/manage-keys.ts';
import { dataOf, door, tenant } from '../crossbar/door.ts';
import { modules, one as firstId, provider, requiring } from '../crossbar/security-help.ts';
import { addApp, grant, tokensOf } from '../oauth2/help.ts';
import { list } from './secrets-help.ts';

const iso = (at: number) => new Date(at).toISOString();

const ask = (server: Server, bearer: string, json: object, uid = 'me') =>
  server.call('POST', `/users/${uid}/secrets`, { bearer, json: { type: 'apikey', ...json } });

async function addService(server: Server) {
  const password = 'the secret of the shop';
  const given = { username: 'shop', password, roles: ['service'] };
  const uid = String(dataOf(await door(server)(201, 'PUT', 'accounts/root/users', given))['id']);
  return { uid, name: 'shop', password, token: await server.logIn({ name: 'shop', password }) };
}

onEachDatabase('a key', (on) => {
  test('has an end in the future, at most a year away, and a scope that is known; else nothing is made', async () => {
    await using server = await startServer({ on });
    const now = server.clock.now();
    const bearer = server.admin.token;
    const before = await server.rows();
    for (const expires_at of [
      ...[now, now - day, now + 366 * day, Date.parse('9999-12-31')].map(iso),
      '',
      'tomorrow',
      '2026-12-24',
      '2026-12-24T12:00:00',
      '2026-02-30T12:00:00Z',
      now + day,
      null,
      true,
      [],
      {},
    ])
      for (const scope of [{}, { scope: 'manage' }]) {
        const answer = await ask(server, bearer, { ...scope, expires_at });
        assertSaid(answer, '400 invalid_request', JSON.stringify(expires_at));
        assert.match(answer.text, /expires_at/);
      }
    for (const scope of ['', 'mfa', 'manage mfa', 'MANAGE', null, true, ['manage']])
      assertSaid(await ask(server, bearer, { scope }), '400 invalid_request', JSON.stringify(scope));
    for (const more of [{ scope: 'manage' }, { expires_at: iso(now + day) }])
      for (const json of [
        { type: 'password', secret: 'another password', currentPassword: server.admin.password },
        { type: 'device', secret: 'a secret that a device made' },
        { type: 'mfa' },
      ])
        assertSaid(await ask(server, bearer, { ...json, ...more }), '400 invalid_request', JSON.stringify(json));
    assert.deepEqual(await server.rows(), before);
    for (const expires_at of [iso(now + 1), '2027-11-21T12:00:00Z', '2026-12-24T12:00:00+01:00'])
      assert.equal((await ask(server, bearer, { scope: 'manage', expires_at })).status, 200, expires_at);
  });

  test('without a scope may have an end too, and its sessions end with it', async () => {
    await using server = await startServer({ on });
    const [ada, shop] = [await server.addPerson('ada'), await addService(server)];
    const expires_at = iso(server.clock.now() + hour / 2);
    const made = await ask(server, ada.token, { expires_at });
    const { scope, expires_at: end } = made.json as { scope?: string; expires_at: string };
    assert.deepEqual([scope, end], [undefined, expires_at]);
    const key = { name: 'ada', secret: member(made, 'secret') };
    const ofShop = member(await ask(server, shop.token, { expires_at }), 'secret');
    const challenge = () => server.call('POST', '/challenges', { bearer: ofShop, json: { user: { uid: ada.uid } } });
    server.clock.tick(hour / 2 - 1);
    const bearer = member(await tryKey(server, key), 'token');
    assert.equal((await server.call('GET', '/users/me', { bearer })).status, 200);
    assert.equal((await challenge()).status, 200);
    server.clock.tick(1);
    assertSaid(await server.call('GET', '/users/me', { bearer }), '401 invalid_token');
    assertSaid(await challenge(), '401 invalid_token');
    assert.equal((await tryKey(server, key)).status, 401);
  });

  test('with manage is made by an administrator with fresh proof, for an administrator of their account', async () => {
    await using server = await startServer({ on });
    const [ada, boss] = [await server.addPerson('ada'), await addAdministrator(server, 'boss')];
    const [shop, acme] = [await addService(server), await tenant(server, 'root', 'acme')];
    const { admin } = server;
    const app = await addApp(server, { scopes: ['mfa', 'manage'], default_scopes: ['mfa', 'manage'] });
    const ofClient = tokensOf(await grant(server, app, admin)).access;
    const json = { scope: 'manage' };
    const before = await server.rows();
    for (const [said, bearer, uid] of [
      ['403 forbidden', ada.token, 'me'],
      ['403 forbidden', shop.token, 'me'],
      ['404 not_found', ada.token, boss.uid],
      ['403 forbidden', admin.token, ada.uid],
      ['403 forbidden', admin.token, shop.uid],
      ['404 not_found', acme.token, admin.uid],
      ['403 insufficient_scope', ofClient, 'me'],
      ['403 insufficient_scope', ofClient, boss.uid],
    ] as const)
      assertSaid(await ask(server, bearer, json, uid), said, `${said} ${uid}`);
    assertSaid(
      await ask(server, admin.token, { expires_at: iso(server.clock.now() + day) }, boss.uid),
      '403 forbidden',
    );
    assert.deepEqual(await server.rows(), before);
    server.clock.tick(15 * minute + 1);
    for (const uid of ['me', boss.uid])
      assertSaid(await ask(server, admin.token, json, uid), '401 insufficient_user_authentication');
  });

  test('with manage is listed without its secret, and its user is told of it, and logged out elsewhere', async () => {
    await using server = await startServer({ on });
    const boss = await addAdministrator(server, 'boss');
    await door(server)(200, 'PATCH', `accounts/root/users/${boss.uid}`, { email: 'boss@example.org' });
    const { answer, uid, secret } = await makeManageKey(server, server.admin, { owner: boss });
    assert.ok(!('token' in (answer.json as object)));
    await server.countersign.maintain();
    assert.equal(server.sent.filter(({ to }) => to === 'boss@example.org').length, 1);
    assertSaid(await server.call('GET', '/users/me', { bearer: boss.token }), '401 invalid_token');
    const bearer = await server.logIn(boss);
    const expires_at = iso(server.clock.now() + 90 * day);
    for (const listed of [await list(server, bearer), await list(server, server.admin.token, boss.uid)]) {
      const { scope, expires_at: end } = listed.find((one) => one.uid === uid) as {
        scope?: string;
        expires_at?: string;
      };
      assert.deepEqual([scope, end], ['manage', expires_at]);
      assert.ok(!JSON.stringify(listed).includes(secret));
    }
    const enrolled = await server.countersign.context.store.db
      .selectFrom('attempts')
      .select('detail')
      .where('user_id', '=', boss.uid)
      .where('action', '=', 'enroll')
      .execute();
    assert.deepEqual(enrolled, [{ detail: `by the administrator ${server.admin.uid}` }]);
    // An administrator removes it like any other.
    const path = `/users/${boss.uid}/secrets/${uid}`;
    assert.equal((await server.call('DELETE', path, { bearer: server.admin.token })).status, 204);
    assert.equal((await tryKey(server, { name: boss.name, secret })).status, 401);
  });

  test('with manage that has to prove a second factor opens a session that ends with it as well', async () => {
    await using server = await startServer({ on });
    const boss = await addAdministrator(server, 'boss');
    const app = await server.addApp(boss);
    const key = await makeManageKey(server, boss);
    await provider(server, firstId, 'totp', null);
    await door(server)(200, 'POST', 'accounts/root/security', modules(requiring(), 'apikey'));
    const asked = await tryKey(server, key);
    assert.equal(asked.status, 302, asked.text);
    const json = { token: server.code(app), challenge_token: member(asked, 'challenge_token') };
    const bearer = member(await server.call('POST', '/auth/totp', { json }), 'token');
    server.clock.tick(16 * minute);
    assert.equal((await server.call('POST', '/users', { bearer, json: { name: 'dan' } })).status, 201);
    const admin = await server.logIn(server.admin);
    await door(server, admin)(200, 'PATCH', `accounts/root/users/${boss.uid}`, { roles: ['user'] });
    assertSaid(await server.call('GET', '/users/me', { bearer }), '401 invalid_token');
  });
});
