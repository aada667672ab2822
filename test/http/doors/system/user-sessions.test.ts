import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { twoNodes } from '../../../../kit/nodes.ts';
import { member, startServer, type Person, type Server } from '../../../../kit/server.ts';
import { addAdministrator, logInWith, makeManageKey } from '../../../promises/manage-keys.ts';
import { tenant } from '../crossbar/door.ts';
import { addApp, grant, renew, tokensOf } from '../oauth2/help.ts';

type Session = { readonly sid: string; readonly current: boolean; readonly [member: string]: unknown };

const works = async (server: Server, bearer: string) =>
  (await server.call('GET', '/users/me', { bearer })).status === 200;

const said = async (asked: ReturnType<Server['call']>) => {
  const answer = await asked;
  return answer.status === 204 ? '204' : `${answer.status} ${member(answer, 'code')}`;
};

const sessionsOf = async (server: Server, { uid }: Pick<Person, 'uid'>, bearer = server.admin.token) => {
  const listed = await server.call('GET', `/users/${uid}/sessions`, { bearer });
  assert.equal(listed.status, 200, listed.text);
  return listed.json as readonly Session[];
};

const audited = (server: Server) =>
  server.countersign.context.store.db
    .selectFrom('attempts')
    .select(['action', 'user_id', 'session_id', 'object_id', 'detail'])
    .where('action', 'like', 'session.%')
    .orderBy('id')
    .execute();

onEachDatabase('sessions of a user', (on) => {
  test('DELETE /sessions ends all other sessions at once, with their refresh tokens, and keeps this one', async () => {
    await using server = await startServer({ on });
    const [ada, bob] = [await server.addPerson('ada'), await server.addPerson('bob')];
    const app = await addApp(server, { scopes: ['mfa'], default_scopes: ['mfa'] });
    const client = tokensOf(await grant(server, app, ada));
    const others = [await server.logIn(ada), await server.logIn(ada), client.access];
    assert.equal(await said(server.call('DELETE', '/sessions?known_devices=true', { bearer: ada.token })), '204');
    for (const other of others) assert.equal(await works(server, other), false);
    assert.equal((await renew(server, app, client.refreshToken)).status, 400);
    assert.equal(await works(server, ada.token), true);
    assert.equal(await works(server, bob.token), true, "another user's go on");
    assert.equal(await said(server.call('DELETE', '/sessions', { bearer: ada.token })), '204', 'none is left');
    assert.equal(
      await said(server.call('DELETE', '/sessions?known_devices=1', { bearer: ada.token })),
      '400 invalid_request',
    );
  });

  test('are listed and ended by an administrator of the account, and the audit log says by whom', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    server.clock.tick(minute);
    const later = await server.logIn(ada);
    const boss = await addAdministrator(server, 'boss');
    const listed = await sessionsOf(server, ada, boss.token);
    assert.deepEqual(
      listed.map(({ current, client_ip }) => [current, client_ip]),
      [
        [false, '192.0.2.1'],
        [false, '192.0.2.1'],
      ],
    );
    const [newer, older] = listed;
    const own = (await sessionsOf(server, { uid: 'me' }, boss.token))[0]?.sid;
    const path = `/users/${ada.uid}/sessions`;
    assert.equal(await said(server.call('DELETE', `${path}/${newer?.sid}`, { bearer: boss.token })), '204');
    assert.deepEqual([await works(server, later), await works(server, ada.token)], [false, true]);
    assert.equal(await said(server.call('DELETE', `${path}/${newer?.sid}`, { bearer: boss.token })), '404 not_found');
    assert.equal(await said(server.call('DELETE', `${path}/${own}`, { bearer: boss.token })), '404 not_found');
    assert.equal(await said(server.call('DELETE', path, { bearer: boss.token })), '204');
    assert.equal(await works(server, ada.token), false);
    assert.deepEqual(await sessionsOf(server, ada, boss.token), []);
    assert.ok(await server.logIn(ada), 'it is no lock');
    const by = { user_id: ada.uid, session_id: own, detail: `by user ${boss.uid}` };
    assert.deepEqual(await audited(server), [
      { ...by, action: 'session.end', object_id: newer?.sid },
      { ...by, action: 'session.end_all', object_id: null },
    ]);
    assert.ok(older);
    assert.deepEqual(server.sent, [], 'no notice');
  });

  test('that are ended on one node are refused at once on the other', async () => {
    await using town = await twoNodes(on);
    const [one, other] = town.nodes;
    const ada = await town.addPerson('ada');
    const statuses = async (tokens: readonly string[]) =>
      Promise.all(tokens.map(async (bearer) => (await other('GET', '/users/me', { bearer })).status));
    const second = await town.logIn(ada);
    assert.deepEqual(await statuses([ada.token, second]), [200, 200]);
    assert.equal(await said(one('DELETE', '/sessions', { bearer: second })), '204');
    assert.deepEqual(await statuses([ada.token, second]), [401, 200]);
    assert.equal(await said(one('DELETE', `/users/${ada.uid}/sessions`, { bearer: town.admin.token })), '204');
    assert.deepEqual(await statuses([second]), [401]);
  });

  test('are, by `me` or their own id, the own ones: without fresh proof, and the session of the request stays', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    server.clock.tick(20 * minute);
    for (const uid of ['me', ada.uid]) {
      const others = [await server.logIn(ada), await server.logIn(ada)];
      const listed = await sessionsOf(server, { uid }, ada.token);
      assert.deepEqual(
        listed.map(({ current }) => current),
        [false, false, true],
      );
      const path = `/users/${uid}/sessions`;
      assert.equal(await said(server.call('DELETE', `${path}/${listed[0]?.sid}`, { bearer: ada.token })), '204');
      assert.deepEqual(await Promise.all(others.map((one) => works(server, one))), [true, false]);
      assert.equal(await said(server.call('DELETE', path, { bearer: ada.token })), '204');
      assert.deepEqual(await Promise.all([...others, ada.token].map((one) => works(server, one))), [
        false,
        false,
        true,
      ]);
    }
    assert.ok((await audited(server)).every(({ detail }) => detail === null));
  });

  test('of others need fresh proof to be ended, and none to be listed', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    server.clock.tick(15 * minute + 1);
    const bearer = server.admin.token;
    const path = `/users/${ada.uid}/sessions`;
    const [session] = await sessionsOf(server, ada);
    for (const one of [path, `${path}/${session?.sid}`])
      assert.equal(await said(server.call('DELETE', one, { bearer })), '401 insufficient_user_authentication');
    assert.equal(await works(server, ada.token), true);
    const json = { current_password: server.admin.password };
    assert.equal(await said(server.call('DELETE', path, { bearer, json })), '204');
    assert.equal(await works(server, ada.token), false);
  });

  test('are not found by users and by administrators of another account, of any user', async () => {
    await using server = await startServer({ on });
    const [ada, eve] = [await server.addPerson('ada'), await server.addPerson('eve')];
    const { token: acme } = await tenant(server, 'root', 'acme');
    const [session] = await sessionsOf(server, ada);
    const nobody = '0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee';
    for (const bearer of [eve.token, acme])
      for (const uid of [ada.uid, server.admin.uid, nobody])
        for (const [method, path] of [
          ['GET', `/users/${uid}/sessions`],
          ['DELETE', `/users/${uid}/sessions`],
          ['DELETE', `/users/${uid}/sessions/${session?.sid}`],
        ] as const)
          assert.equal(await said(server.call(method, path, { bearer })), '404 not_found', `${method} ${path}`);
    // The id of a session of another user is not found below the own id.
    const own = `/users/${eve.uid}/sessions/${session?.sid}`;
    assert.equal(await said(server.call('DELETE', own, { bearer: eve.token })), '404 not_found');
    assert.equal(await said(server.call('DELETE', own, { bearer: server.admin.token })), '404 not_found');
    assert.equal(await works(server, ada.token), true);
  });

  test("of a user whose only role is `user` are ended by a key with `manage`, an administrator's and a service's are not", async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const boss = await addAdministrator(server, 'boss');
    const shop = await server.countersign.service('shop');
    const bearer = await logInWith(server, await makeManageKey(server, server.admin));
    server.clock.tick(20 * minute);
    for (const uid of [boss.uid, shop.id, server.admin.uid, 'me'])
      for (const path of [`/users/${uid}/sessions`, `/users/${uid}/sessions/${ada.uid}`])
        assert.equal(await said(server.call('DELETE', path, { bearer })), '403 unattended_credential', path);
    assert.equal(await said(server.call('DELETE', '/sessions', { bearer })), '403 unattended_credential');
    const listed = await server.call('GET', `/users/${boss.uid}/sessions`, { bearer });
    assert.equal(member(listed, 'code'), 'unattended_credential');
    assert.equal(await works(server, boss.token), true);
    assert.equal((await sessionsOf(server, ada, bearer)).length, 1);
    assert.equal(await said(server.call('DELETE', `/users/${ada.uid}/sessions`, { bearer })), '204');
    assert.equal(await works(server, ada.token), false);
  });
});
