import assert from 'node:assert/strict';
import { test } from 'node:test';
import { second } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { member, startServer, type Server } from '../../../../kit/server.ts';
import { nobody } from '../../catalogue.ts';
import { makeAsAdmin, user, type User } from './users-help.ts';
import { code } from './help.ts';

onEachDatabase('users', (on) => {
  test('an administrator makes users of their account, without a session for them', async () => {
    await using server = await startServer({ on });
    const made = await makeAsAdmin(server, { name: 'ada' });
    assert.equal(made.status, 201);
    assert.equal(user(made).token, undefined);
    assert.equal(
      user(made).accountId,
      user(await server.call('GET', '/users/me', { bearer: server.admin.token })).accountId,
    );
    assert.equal((await server.call('GET', '/auth/password', { basic: ['ada', ''] })).status, 401);
  });

  test('GET /users lists the users of the account for its administrators, the oldest first, page by page', async () => {
    await using server = await startServer({ on });
    const names = ['ada', 'bob', 'cy'];
    for (const name of names) {
      server.clock.tick(1);
      await makeAsAdmin(server, { name });
    }
    const ask = async (query: string) =>
      ((await server.call('GET', `/users${query}`, { bearer: server.admin.token })).json as User[]).map(
        ({ name }) => name,
      );
    assert.deepEqual(await ask(''), ['admin', ...names]);
    assert.deepEqual(await ask('?limit=2'), ['admin', 'ada']);
    assert.deepEqual(await ask('?limit=2&skip=1'), ['ada', 'bob']);
    assert.deepEqual(await ask('?skip=3'), ['cy']);
    assert.deepEqual(await ask('?skip=99'), []);
    for (const query of [
      'limit=0',
      'limit=501',
      'limit=-1',
      'limit=1.5',
      'limit=x',
      'skip=-1',
      'skip=1e999',
      'skip=%00',
      'limit=1&limit=2',
    ]) {
      const answer = await server.call('GET', `/users?${query}`, { bearer: server.admin.token });
      assert.equal(answer.status, 400, query);
    }
  });

  test('a list holds 100 users where nothing else is asked for, and 500 at most', async () => {
    await using server = await startServer({ on });
    const { store, clock } = server.countersign.context;
    const { account_id } = await store.db.selectFrom('users').select('account_id').executeTakeFirstOrThrow();
    const rows = Array.from({ length: 501 }, (_, at) => ({ id: `user-${at}`, name: `n${at}`, name_key: `n${at}` }));
    const now = clock.now();
    const rest = { account_id, roles: '["user"]', created_at: now, updated_at: now };
    for (const row of rows)
      await store.db
        .insertInto('users')
        .values({ ...row, ...rest })
        .execute();
    const count = async (query: string) => (await listed(server, query)).length;
    assert.equal(await count(''), 100);
    assert.equal(await count('?limit=500'), 500);
  });

  /** The raw rows: these ids have not the form of ids, and what is declared says so. */
  async function listed(server: Server, query: string): Promise<unknown[]> {
    const headers = { Authorization: `Bearer ${server.admin.token}` };
    const response = await server.countersign.fetch(new Request(`https://house.example/users${query}`, { headers }));
    return (await response.json()) as unknown[];
  }

  test('nobody else lists users', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    assert.equal(code(await server.call('GET', '/users', { bearer: ada.token })), '403 forbidden');
  });

  test('users see themselves, as `me` and by their id, and nobody else', async () => {
    await using server = await startServer({ on });
    const [ada, bob] = [await server.addPerson('ada'), await server.addPerson('bob')];
    const ask = (id: string, bearer = ada.token) => server.call('GET', `/users/${id}`, { bearer });
    assert.equal(user(await ask('me')).uid, ada.uid);
    assert.deepEqual((await ask(ada.uid)).json, (await ask('me')).json);
    assert.equal((await ask(bob.uid)).status, 404);
    assert.equal(user(await ask(bob.uid, server.admin.token)).name, 'bob');
  });

  test('PATCH changes what it names, clears what is null, and leaves the rest', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada', { email: 'ada@example.org', firstName: 'Ada', phone: '+14155552671' });
    const before = user(await server.call('GET', '/users/me', { bearer: ada.token }));
    server.clock.tick(second);
    const json = { name: 'Ada King', email: null, lastName: 'Lovelace' };
    const changed = await server.call('PATCH', '/users/me', { bearer: ada.token, json });
    assert.equal(changed.status, 200);
    const expected = { ...before, ...json, version: 1, dateModified: '2026-11-21T12:00:01.000Z' };
    assert.deepEqual(changed.json, { ...expected, token: member(changed, 'token') });
    assert.deepEqual((await server.call('GET', '/users/me', { bearer: ada.token })).json, expected);
    assert.ok(await server.logIn({ ...ada, name: 'ADA KING' }));
    assert.equal((await server.call('GET', '/auth/password', { basic: ['ada', ada.password] })).status, 401);
  });

  test('nobody changes what is not theirs to set', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const before = await server.rows();
    for (const json of [
      { roles: ['admin'] },
      { verified: true },
      { uid: nobody },
      { accountId: 'a' },
      { account: 'root' },
      { password: 'another password' },
      { version: 7 },
      { dateCreated: '2020-01-01T00:00:00.000Z' },
      { name: null },
      { name: '' },
      { email: '' },
      { phone: '0' },
    ]) {
      const answer = await server.call('PATCH', '/users/me', { bearer: ada.token, json });
      assert.equal(code(answer), '400 invalid_request', JSON.stringify(json));
      assert.ok(answer.text.includes(`"/${Object.keys(json)[0]}"`));
    }
    assert.deepEqual(await server.rows(), before);
  });

  test('a name that somebody has is not taken over', async () => {
    await using server = await startServer({ on });
    const [ada] = [await server.addPerson('ada'), await server.addPerson('bob')];
    const answer = await server.call('PATCH', '/users/me', { bearer: ada.token, json: { name: 'BOB' } });
    assert.equal(code(answer), '409 name_taken');
  });

  test('DELETE removes a user with everything they have, and their sessions at once', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    await server.addApp(ada);
    assert.equal((await server.call('DELETE', '/users/me', { bearer: ada.token })).status, 204);
    assert.equal(code(await server.call('GET', '/users/me', { bearer: ada.token })), '401 invalid_token');
    assert.equal((await server.call('GET', '/auth/password', { basic: ['ada', ada.password] })).status, 401);
    assert.equal((await server.call('GET', `/users/${ada.uid}`, { bearer: server.admin.token })).status, 404);
    const { users, authenticators, sessions } = await server.rows();
    for (const rows of [users, authenticators, sessions]) assert.ok(!JSON.stringify(rows).includes(ada.uid));
  });
});
