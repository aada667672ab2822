import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { startServer } from '../../../../kit/server.ts';
import { nobody } from '../../catalogue.ts';
import { good, make, makeAsAdmin, otherAccount, user } from './users-help.ts';
import { code } from './help.ts';

onEachDatabase('registration', (on) => {
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

  test('who registers needs a password', async () => {
    await using server = await startServer({ on, registration: 'open' });
    assert.equal(code(await make(server, { name: 'ada' })), '400 password_needed');
  });

  test('an account may be named by its id or its name', async () => {
    await using server = await startServer({ on, registration: 'open' });
    const other = await otherAccount(server);
    for (const [name, account] of [
      ['a', other],
      ['b', 'Other Server'],
      ['c', 'OTHER server'],
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
});
