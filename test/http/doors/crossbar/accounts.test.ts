/** Contract section 4: the tree of accounts, their users, and the envelope around every answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { startServer } from '../../../../kit/server.ts';
import { nameOf, strangers } from '../../catalogue.ts';
import { goodRequests, send } from '../../good-requests.ts';
import { bodyOf, dataOf, door, listOf, tenant, town } from './door.ts';

const names = (answer: Parameters<typeof listOf>[0]) => listOf(answer).map(({ name }) => name);

onEachDatabase('accounts', (on) => {
  test('every answer stands in the envelope, and says who answered what and when', async () => {
    await using server = await startServer({ on });
    const made = await door(server)(201, 'PUT', 'accounts/root', { name: 'acme', realm: 'acme.example' });
    const { data, node, request_id, ...rest } = bodyOf(made);
    assert.deepEqual(rest, {
      revision: '0',
      timestamp: '2026-11-21T12:00:00.000Z',
      version: '0.1.0',
      status: 'success',
      auth_token: server.admin.token,
    });
    assert.equal(request_id, made.headers.get('x-request-id'));
    assert.match(String(node), /^[0-9a-f]{32}$/);
    const { id, ...account } = data as { id: string };
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.deepEqual(account, { name: 'acme', realm: 'acme.example', enabled: true, created: 63_962_481_600 });
  });

  test('a refusal stands in it too, with the words of the dialect, and repeats no token that is none', async () => {
    await using server = await startServer({ on });
    const gone = bodyOf(await door(server)(404, 'GET', `accounts/${'0'.repeat(32)}`));
    assert.deepEqual([gone['error'], gone['message'], gone['status']], ['404', 'bad_identifier', 'error']);
    const bad = bodyOf(await door(server)(400, 'PUT', 'accounts/root', { realm: '-', nme: 1 }));
    assert.equal(bad['message'], 'validation_error');
    assert.deepEqual(Object.keys(bad['data'] as object).toSorted(), ['name', 'nme', 'realm']);
    assert.deepEqual((bad['data'] as Record<string, unknown>)['name'], {
      required: { message: 'This member is required.' },
    });
    const stranger = bodyOf(await door(server, 'no token')(401, 'GET', 'accounts/root'));
    assert.ok(!('auth_token' in stranger));
  });

  test('a tree is made, listed and read, by id or as root', async () => {
    await using server = await startServer({ on });
    const { acme, east, cellar } = await town(server);
    const ask = door(server, acme.token);
    assert.deepEqual(names(await ask(200, 'GET', `accounts/${acme.id}/children`)), ['east', 'west']);
    assert.deepEqual(names(await ask(200, 'GET', `accounts/${acme.id}/descendants`)), ['east', 'cellar', 'west']);
    const [first, last] = ['page_size=2', `page_size=2&start_key=${cellar.id}`];
    assert.deepEqual(names(await ask(200, 'GET', `accounts/${acme.id}/descendants?${first}`)), ['east', 'cellar']);
    assert.deepEqual(names(await ask(200, 'GET', `accounts/${acme.id}/descendants?${last}`)), ['west']);
    assert.deepEqual(names(await ask(200, 'GET', `accounts/${cellar.id}/parents`)), ['acme', 'east']);
    assert.deepEqual(names(await door(server)(200, 'GET', `accounts/${cellar.id}/parents`)), ['root', 'acme', 'east']);
    assert.deepEqual(names(await door(server, east.token)(200, 'GET', `accounts/${cellar.id}/parents`)), ['east']);
    assert.equal(dataOf(await door(server)(200, 'GET', 'accounts/root'))['name'], 'root');
  });

  test('a change makes a new revision, and one that was read before it is refused with 412', async () => {
    await using server = await startServer({ on });
    const { id } = await tenant(server, 'root', 'acme');
    const ask = door(server);
    const patch = (status: number, data: object, match: string) =>
      ask(status, 'PATCH', `accounts/${id}`, data, { headers: { 'If-Match': match } });
    const changed = await patch(200, { realm: 'acme.example' }, '"0"');
    assert.deepEqual([bodyOf(changed)['revision'], changed.headers.get('etag')], ['1', '"1"']);
    assert.equal(bodyOf(await patch(412, { realm: 'elsewhere.example' }, '0'))['message'], 'precondition_failed');
    assert.equal(dataOf(await patch(200, { name: 'Acme Inc' }, '*'))['realm'], 'acme.example');
    assert.ok(!('realm' in dataOf(await ask(200, 'POST', `accounts/${id}`, { name: 'acme' }))));
    assert.equal((await ask(200, 'GET', `accounts/${id}`)).headers.get('etag'), '"3"');
  });

  test('one on which something hangs is not removed', async () => {
    await using server = await startServer({ on });
    const ask = door(server);
    const acme = await tenant(server, 'root', 'acme');
    const { id } = dataOf(await ask(201, 'PUT', `accounts/${acme.id}`, { name: 'east' }));
    await ask(200, 'DELETE', `accounts/${acme.id}/users/${acme.uid}`);
    assert.equal(bodyOf(await ask(409, 'DELETE', `accounts/${acme.id}`))['message'], 'in_use');
    await ask(200, 'DELETE', `accounts/${String(id)}`);
    await ask(200, 'DELETE', `accounts/${acme.id}`);
    await ask(404, 'GET', `accounts/${acme.id}`);
    await ask(409, 'DELETE', 'accounts/root');
  });

  test('names are unique in the tree, and it ends at 32 levels', async () => {
    await using server = await startServer({ on });
    const ask = door(server);
    await ask(201, 'PUT', 'accounts/root', { name: 'acme' });
    assert.equal(bodyOf(await ask(409, 'PUT', 'accounts/root', { name: 'ＡCME' }))['message'], 'name_taken');
    let parent = 'root';
    for (let depth = 1; depth <= 32; depth += 1)
      parent = String(dataOf(await ask(201, 'PUT', `accounts/${parent}`, { name: `level ${depth}` }))['id']);
    assert.equal(bodyOf(await ask(409, 'PUT', `accounts/${parent}`, { name: 'below' }))['message'], 'too_deep');
  });

  test('users are made, changed, given a password and removed', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const ask = door(server, acme.token);
    const users = `accounts/${acme.id}/users`;
    const given = { username: 'ada', password: 'ada in the library', email: 'ada@example.org', roles: ['user'] };
    const made = dataOf(await ask(201, 'PUT', users, given));
    assert.deepEqual([made['username'], made['email'], made['roles']], ['ada', 'ada@example.org', ['user']]);
    const own = `${users}/${String(made['id'])}`;
    const login = (password: string) => ({ username: 'ada', password, account_name: 'acme' });
    const token = String(bodyOf(await ask(201, 'PUT', 'user_auth', login(given.password)))['auth_token']);
    assert.ok(!('email' in dataOf(await ask(200, 'PATCH', own, { email: null, first_name: 'Ada' }))));
    await ask(200, 'PATCH', own, { password: 'ada in the garden' });
    assert.equal((await server.call('GET', '/users/me', { bearer: token })).status, 401, 'her sessions have ended');
    await ask(401, 'PUT', 'user_auth', login(given.password));
    await ask(201, 'PUT', 'user_auth', login('ada in the garden'));
    const replaced = dataOf(await ask(200, 'POST', own, { username: 'lovelace' }));
    assert.deepEqual(Object.keys(replaced).toSorted(), ['created', 'enabled', 'id', 'roles', 'username']);
    assert.equal(listOf(await ask(200, 'GET', users)).length, 2);
    assert.equal(dataOf(await ask(200, 'DELETE', own))['username'], 'lovelace');
    await ask(404, 'GET', own);
  });

  test('a change that is refused changes nothing, the password neither', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const ask = door(server, acme.token);
    const users = `accounts/${acme.id}/users`;
    const { id } = dataOf(await ask(201, 'PUT', users, { username: 'ada', password: 'ada in the library' }));
    const own = `${users}/${String(id)}`;
    const before = await server.rows();
    await ask(409, 'PATCH', own, { username: acme.username, password: 'ada in the garden' });
    await ask(400, 'PATCH', own, { first_name: 'Ada', password: 'password123' });
    await ask(400, 'PATCH', own, { username: 'lovelace at home', password: 'lovelace at home' });
    assert.deepEqual(await server.rows(), before);
    await ask(200, 'PATCH', own, { username: 'lovelace', password: 'ada in the garden' });
    const login = { username: 'lovelace', password: 'ada in the garden', account_id: acme.id };
    await ask(201, 'PUT', 'user_auth', login);
  });

  test('one’s own password is changed with the present one, which ends the other sessions', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const own = `accounts/${acme.id}/users/${acme.uid}`;
    const [ask, password] = [door(server, acme.token), 'ada in the garden'];
    const login = { username: acme.username, password: acme.password, account_id: acme.id };
    const other = String(bodyOf(await door(server)(201, 'PUT', 'user_auth', login))['auth_token']);
    const key = await server.call('POST', '/users/me/secrets', { bearer: acme.token, json: { type: 'apikey' } });
    const { token } = bodyOf(key);
    const before = await server.rows();
    await ask(401, 'PATCH', own, { password });
    assert.deepEqual(await server.rows(), { ...before, attempts: (await server.rows()).attempts });
    await ask(400, 'PATCH', own, { password, current_password: 'a wrong guess' });
    await ask(403, 'PATCH', own, { password, current_password: acme.password, enabled: false });
    await door(server)(201, 'PUT', 'user_auth', login);
    const changed = await door(server, String(token))(200, 'PATCH', own, {
      password,
      current_password: acme.password,
      first_name: 'Ada',
    });
    assert.deepEqual(dataOf(changed)['surviving'], [{ id: bodyOf(key)['uid'], type: 'apikey' }]);
    assert.equal(dataOf(changed)['first_name'], 'Ada');
    await door(server, String(bodyOf(changed)['auth_token']))(200, 'GET', own);
    await door(server, other)(401, 'GET', own);
    await door(server)(401, 'PUT', 'user_auth', login);
    await door(server)(201, 'PUT', 'user_auth', { ...login, password });
  });

  test('a new password that comes with a new address is told at the old one, twice', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const ask = door(server, acme.token);
    const users = `accounts/${acme.id}/users`;
    const { id } = dataOf(await ask(201, 'PUT', users, { username: 'ada', email: 'old@example.org' }));
    await ask(200, 'PATCH', `${users}/${acme.uid}`, { email: 'old@acme.example' });
    for (const [uid, more] of [
      [String(id), {}],
      [acme.uid, { current_password: acme.password }],
    ] as const)
      await ask(200, 'PATCH', `${users}/${uid}`, { email: 'new@example.org', password: 'ada in the garden', ...more });
    await server.countersign.maintain();
    const told = server.sent.filter(({ to }) => to.startsWith('old@')).map(({ to }) => to);
    const twice = ['old@acme.example', 'old@acme.example', 'old@example.org', 'old@example.org'];
    assert.deepEqual(told.toSorted(), twice);
  });

  test('a user who is replaced without `enabled` stays disabled', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const ask = door(server, acme.token);
    const users = `accounts/${acme.id}/users`;
    const [{ id }, { id: open }] = [
      dataOf(await ask(201, 'PUT', users, { username: 'ada', enabled: false })),
      dataOf(await ask(201, 'PUT', users, { username: 'bob' })),
    ];
    assert.equal(dataOf(await ask(200, 'POST', `${users}/${String(id)}`, { username: 'ada' }))['enabled'], false);
    assert.equal(dataOf(await ask(200, 'POST', `${users}/${String(open)}`, { username: 'bob' }))['enabled'], true);
  });

  test('whatever is outside of an administrator’s subtree is not there, at every route', async () => {
    await using server = await startServer({ on });
    const { acme, east, cellar, west, other } = await town(server);
    const managing = goodRequests(server.countersign.routes, strangers).filter(({ path }) =>
      path.startsWith('/v2/accounts/'),
    );
    assert.ok(managing.length > 15);
    const root = String(dataOf(await door(server)(200, 'GET', 'accounts/root'))['id']);
    const before = await server.rows();
    for (const good of managing) {
      const nobodys = good.path.split('/')[3] ?? '';
      for (const id of [root, 'root', acme.id, west.id, other.id]) {
        const path = good.path.replace(nobodys, id);
        const unknown = await send(server, good, { bearer: east.token });
        const answer = await send(server, { ...good, path }, { bearer: east.token });
        const plain = (text: string) => text.replace(/"request_id":"[^"]+"/, '');
        assert.deepEqual(
          [answer.status, plain(answer.text)],
          [404, plain(unknown.text)],
          `${nameOf(good.route)} ${id}`,
        );
      }
    }
    assert.deepEqual(await server.rows(), before);
    await door(server, east.token)(200, 'GET', `accounts/${cellar.id}`);
  });

  test('a user of another account is not there either, and neither is any account for who is no administrator', async () => {
    await using server = await startServer({ on });
    const { acme, east, west } = await town(server);
    await door(server, acme.token)(404, 'GET', `accounts/${east.id}/users/${west.uid}`);
    await door(server, acme.token)(404, 'PATCH', `accounts/${east.id}/users/${west.uid}`, { email: null });
    const user = await server.addPerson('ada');
    for (const path of ['root', acme.id]) await door(server, user.token)(404, 'GET', `accounts/${path}`);
  });
});
