import assert from 'node:assert/strict';
import { test } from 'node:test';
import { second } from '../../../../src/base/clock.ts';
import { insertAccount } from '../../../../src/store/accounts.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { member, startServer, type Answer, type Server } from '../../../../kit/server.ts';
import { nobody } from '../../catalogue.ts';

type User = Readonly<Record<string, unknown>> & { readonly uid: string; readonly name: string };

const user = ({ json }: Answer) => json as User;
const code = (answer: Answer) => `${answer.status} ${member(answer, 'code')}`;
const good = { name: 'ada', password: 'ada in the library' };
const make = (server: Server, json: object, bearer?: string) => server.call('POST', '/users', { json, bearer });
const makeAsAdmin = (server: Server, json: object) => make(server, json, server.admin.token);

async function otherAccount({ countersign }: Server): Promise<string> {
  const id = 'a'.repeat(32);
  const now = countersign.context.clock.now();
  const { store } = countersign.context;
  const root = await store.db.selectFrom('accounts').select('id').executeTakeFirstOrThrow();
  await insertAccount(store, { id, parentId: root.id, name: 'Other House' }, now);
  return id;
}

onEachDatabase('users', (on) => {
  test('who registers is told who they are, and is logged in', async () => {
    await using server = await startServer({ on, registration: 'open' });
    const profile = { email: 'ada@example.org', phone: '+14155552671', firstName: 'Ada', lastName: 'Lovelace' };
    const made = await make(server, { ...good, ...profile });
    assert.equal(made.status, 201);
    const { uid, accountId, token, ...rest } = user(made);
    assert.match(uid, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(String(accountId), /^[0-9a-f]{32}$/);
    assert.deepEqual(rest, {
      name: 'ada',
      ...profile,
      roles: ['user'],
      verified: false,
      dateCreated: '2026-11-21T12:00:00.000Z',
      dateModified: '2026-11-21T12:00:00.000Z',
      version: 0,
    });
    const me = await server.call('GET', '/users/me', { bearer: String(token) });
    assert.deepEqual(me.json, { uid, accountId, ...rest });
    assert.ok(await server.logIn(good));
  });

  test('a name and a password are enough', async () => {
    await using server = await startServer({ on, registration: 'open' });
    const { email, phone, firstName, lastName } = user(await make(server, good));
    assert.deepEqual([email, phone, firstName, lastName], [null, null, null, null]);
  });

  test('where registration is closed nobody registers, whether the name is taken or not', async () => {
    await using server = await startServer({ on });
    assert.equal(code(await make(server, good)), '401 registration_closed');
    assert.equal(code(await make(server, { ...good, name: 'admin' })), '401 registration_closed');
    const ada = await server.addPerson('ada');
    assert.equal(code(await make(server, { ...good, name: 'eve' }, ada.token)), '403 forbidden');
    assert.equal((await server.rows()).users?.length, 2);
  });

  test('a session that is over is refused and does not count as none', async () => {
    await using server = await startServer({ on, registration: 'open' });
    assert.equal(code(await make(server, good, 'over')), '401 invalid_token');
  });

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

  test('who registers needs a password', async () => {
    await using server = await startServer({ on, registration: 'open' });
    assert.equal(code(await make(server, { name: 'ada' })), '400 password_needed');
  });

  test('an account may be named by its id or its name', async () => {
    await using server = await startServer({ on, registration: 'open' });
    const other = await otherAccount(server);
    for (const [name, account] of [
      ['a', other],
      ['b', 'Other House'],
      ['c', 'OTHER house'],
    ]) {
      const made = await make(server, { ...good, name, account });
      assert.equal(user(made).accountId, other);
    }
    assert.notEqual(user(await make(server, good)).accountId, other);
    assert.equal(code(await make(server, { ...good, account: 'Nowhere' })), '400 unknown_account');
    assert.equal(code(await makeAsAdmin(server, { ...good, account: other })), '400 unknown_account');
  });

  test('a name is taken in its account in any case and form, and free in another', async () => {
    await using server = await startServer({ on, registration: 'open' });
    const other = await otherAccount(server);
    await make(server, { ...good, name: 'Åsa' });
    for (const name of ['åsa', 'ÅSA', 'A\u030Asa', 'ａ\u030Aｓａ', ' Åsa ']) {
      assert.equal(code(await make(server, { ...good, name })), '409 name_taken', name);
    }
    assert.equal((await make(server, { ...good, name: 'Åsa', account: other })).status, 201);
  });

  const refused = {
    'no name': { name: undefined },
    'an empty name': { name: '' },
    'a name of spaces': { name: '   ' },
    'a name with a colon, which Basic can not carry': { name: 'a:b' },
    'a name with a control character': { name: 'a\u0000b' },
    'a name with a character that nobody sees': { name: 'a\u200bb' },
    'a name with a line break': { name: 'a\nb' },
    'a name that is too long': { name: 'a'.repeat(129) },
    'a name that is a number': { name: 5 },
    'an address that is none': { email: 'ada' },
    'an address with a control character': { email: 'a\u0000@example.org' },
    'an address that is too long': { email: `${'a'.repeat(250)}@example.org` },
    'a phone number without country': { phone: '4155552671' },
    'a phone number with letters': { phone: '+1415CALLME' },
    'a first name with a control character': { firstName: 'a\u0000' },
    'a last name that is too long': { lastName: 'a'.repeat(129) },
    'a role': { roles: ['admin'] },
    'a verified address': { verified: true },
    'an id of one’s own choice': { uid: nobody },
    'an account id beside': { accountId: 'a' },
    'a password that is too short': { password: '7 bytes' },
    'a password that is too long': { password: 'a'.repeat(1025) },
    'a password that is no text': { password: 12_345_678 },
    'a common password': { password: 'password1' },
    'a common password in other letters': { password: 'PassWord1' },
    'the name as password': { name: 'ada lovelace', password: 'Ada Lovelace' },
  };

  test('what has not its form makes nobody', async () => {
    await using server = await startServer({ on, registration: 'open' });
    const before = (await server.rows()).users;
    for (const [what, wrong] of Object.entries(refused)) {
      assert.equal((await make(server, { ...good, ...wrong })).status, 400, what);
    }
    assert.deepEqual((await server.rows()).users, before);
  });

  test('a password may be of 8 to 1,024 bytes and of any characters', async () => {
    await using server = await startServer({ on, registration: 'open' });
    for (const password of [
      '8 bytes!',
      'é'.repeat(4),
      '😀'.repeat(256),
      ' \t\n\u0000 spaces ',
      'x'.repeat(1023) + 'y',
    ]) {
      const name = `user ${server.answers.length}`;
      assert.equal((await make(server, { name, password })).status, 201, password);
      assert.ok(await server.logIn({ name, password }));
      assert.equal((await server.call('GET', '/auth/password', { basic: [name, password.slice(0, -1)] })).status, 401);
    }
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

  test('an administrator reaches nobody in another account', async () => {
    await using server = await startServer({ on, registration: 'open' });
    const account = await otherAccount(server);
    const { uid } = user(await make(server, { ...good, account }));
    for (const [method, call] of [
      ['GET', {}],
      ['PATCH', { json: {} }],
      ['DELETE', {}],
    ] as const) {
      assert.equal((await server.call(method, `/users/${uid}`, { ...call, bearer: server.admin.token })).status, 404);
    }
    const names = ((await server.call('GET', '/users', { bearer: server.admin.token })).json as User[]).map(
      ({ name }) => name,
    );
    assert.deepEqual(names, ['admin']);
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
    assert.deepEqual(changed.json, expected);
    assert.deepEqual((await server.call('GET', '/users/me', { bearer: ada.token })).json, expected);
    assert.ok(await server.logIn({ ...ada, name: 'ADA KING' }));
    assert.equal((await server.call('GET', '/auth/password', { basic: ['ada', ada.password] })).status, 401);
  });

  test('an administrator changes a user of their account, and nobody else does', async () => {
    await using server = await startServer({ on });
    const [ada, bob] = [await server.addPerson('ada'), await server.addPerson('bob')];
    const patch = (bearer: string) => server.call('PATCH', `/users/${ada.uid}`, { bearer, json: { firstName: 'Ada' } });
    assert.equal((await patch(server.admin.token)).status, 200);
    assert.equal(code(await patch(bob.token)), '404 not_found');
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

  test('an administrator removes a user of their account, and nobody else does', async () => {
    await using server = await startServer({ on });
    const [ada, bob] = [await server.addPerson('ada'), await server.addPerson('bob')];
    assert.equal((await server.call('DELETE', `/users/${ada.uid}`, { bearer: bob.token })).status, 404);
    assert.equal((await server.call('DELETE', `/users/${ada.uid}`, { bearer: server.admin.token })).status, 204);
    assert.equal((await server.call('DELETE', `/users/${ada.uid}`, { bearer: server.admin.token })).status, 404);
  });
});
