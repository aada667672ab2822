/** Contract section 2: logging in at once with a name and a password, where no second factor is asked for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { member, startServer } from '../../../../kit/server.ts';
import { path, withSms } from './authtoken-help.ts';
import { assertSays, logIn } from './help.ts';

const wrongCredentials = { non_field_errors: ['Unable to log in with provided credentials.'] };
const both = { non_field_errors: ['Login does not take both a verification and backup code.'] };
const required = ['This field is required.'];

onEachDatabase('/mfa/authtoken/login', (on) => {
  test('without a second factor the password is enough, by PUT and POST, with and without a slash', async () => {
    await using server = await startServer({ on });
    const { uid, name, password } = await server.addPerson('ada', { email: 'ada@example.org' });
    for (const username of [name, uid, 'Ada@Example.org', 'ＡDA']) {
      for (const method of ['PUT', 'POST']) {
        for (const slash of ['', '/']) {
          const json = { username, password };
          const answer = await server.call(method, `/mfa/authtoken/login${slash}`, { json });
          assertSays(answer, 200, { token: member(answer, 'token') });
          const me = await server.call('GET', '/users/me', {
            headers: { Authorization: `Token ${member(answer, 'token')}` },
          });
          assert.equal(member(me, 'uid'), uid);
        }
      }
    }
  });

  test('a code or a backup code that nobody asked for does not stand in the way', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    assert.ok(member(await logIn(server, ada, { mfa_code: '123456' }), 'token'));
    assert.ok(member(await logIn(server, ada, { backup_code: '0123456789AB' }), 'token'));
  });

  test('wrong credentials are told in one sentence, whoever is meant', async () => {
    await using server = await startServer({ on });
    const ada = await withSms(server);
    for (const json of [
      { username: 'nobody', password: ada.password },
      { username: ada.name, password: 'wrong' },
      { username: ada.name, password: '' },
      { username: ada.name, password: 'é'.repeat(1000) },
      { username: ada.name, password: 'wrong', mfa_code: '123456' },
      { username: ada.name, password: 'wrong', backup_code: '0123456789AB' },
      { username: ada.name, password: 'a\u0000b' },
      { username: ada.name, password: ada.password, account: 'nowhere' },
      { username: '', password: '' },
    ]) {
      assertSays(await server.call('POST', path, { json }), 400, wrongCredentials);
      server.clock.tick(minute);
    }
    assert.equal(server.sent.length, 1, 'a wrong password sent a code');
  });

  test('a member that is missing is required', async () => {
    await using server = await startServer({ on });
    const ask = (json: unknown) => server.call('PUT', path, { json });
    assertSays(await ask({ password: 'x' }), 400, { username: required });
    assertSays(await ask({ username: 'x' }), 400, { password: required });
    assertSays(await ask({}), 400, { username: required, password: required });
    assertSays(await ask({ username: 'x', password: 'y', code: 1 }), 400, { code: ['is not a known member'] });
    const [username, account] = ['a\u0000b', 'a\u0000b'];
    assertSays(await ask({ username, password: 'y', account }), 400, {
      username: ['contains a control character'],
      account: ['contains a control character'],
    });
    const list = await ask([]);
    assert.deepEqual([list.status, Object.keys(list.json as object)], [400, ['non_field_errors']]);
  });

  test('both codes at once are refused before anything is looked at', async () => {
    await using server = await startServer({ on });
    const ada = await withSms(server);
    const before = await server.rows();
    for (const password of [ada.password, 'wrong'])
      assertSays(await logIn(server, { ...ada, password }, { mfa_code: '1', backup_code: '2' }), 400, both);
    assert.deepEqual(await server.rows(), before);
  });

  test('an account may be named by its name or its id', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    assert.ok(member(await logIn(server, ada, { account: 'root' }), 'token'));
    const { accountId } = (await server.call('GET', '/users/me', { bearer: ada.token })).json as { accountId: string };
    assert.ok(member(await logIn(server, ada, { account: accountId }), 'token'));
  });

  test('after five wrong passwords one waits, whether the user exists or not', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    for (const name of [ada.name, 'nobody']) {
      for (let guess = 0; guess < 5; guess += 1)
        assertSays(await logIn(server, { name, password: 'wrong' }), 400, wrongCredentials);
      const answer = await logIn(server, { name, password: ada.password });
      assert.deepEqual([answer.status, answer.headers.get('retry-after')], [429, '30']);
    }
  });
});
