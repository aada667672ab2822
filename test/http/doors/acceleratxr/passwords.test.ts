import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { startServer } from '../../../../kit/server.ts';
import { list, make, secret, secrets, works } from './secrets-help.ts';
import { code } from './help.ts';

onEachDatabase('a password among the secrets', (on) => {
  test('a password is changed with the present one, and is never shown', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const other = await server.logIn(ada);
    const set = (more: object) => make(server, ada, { type: 'password', secret: 'ada in the garden', ...more });
    assert.equal(code(await set({})), '401 current_password_required');
    assert.equal(code(await set({ currentPassword: 'not hers at all' })), '400 wrong_current_password');
    const made = await set({ currentPassword: ada.password, description: 'the new one' });
    assert.equal(made.status, 200);
    assert.deepEqual(
      [secret(made).type, secret(made).enrolled, secret(made).description],
      ['password', true, 'the new one'],
    );
    assert.equal('secret' in secret(made), false);
    // One per user: the old one is gone, and every other session with it.
    assert.deepEqual(
      (await list(server, ada.token)).map(({ uid }) => uid),
      [secret(made).uid],
    );
    assert.deepEqual([await works(server, ada.token), await works(server, other)], [true, false]);
    assert.equal((await server.call('GET', '/auth/password', { basic: ['ada', ada.password] })).status, 401);
    assert.ok(await server.logIn({ name: 'ada', password: 'ada in the garden' }));
  });

  test('a new password keeps the rules', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada lovelace');
    const before = await server.rows();
    for (const [wrong, said] of [
      ['7 bytes', '400 invalid_request'],
      ['a'.repeat(1025), '400 invalid_request'],
      ['PassWord1', '400 password_too_common'],
      ['ADA LOVELACE', '400 password_is_name'],
      [12_345_678, '400 invalid_request'],
    ] as const) {
      const answer = await make(server, ada, { type: 'password', secret: wrong, currentPassword: ada.password });
      assert.equal(code(answer), said);
    }
    assert.deepEqual((await server.rows()).sessions, before.sessions);
    assert.ok(await server.logIn(ada));
  });

  test('a password is replaced by its user, not removed', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const [own] = await list(server, ada.token);
    assert.equal(
      code(await server.call('DELETE', `${secrets}/${own?.uid}`, { bearer: ada.token })),
      '409 password_needed',
    );
  });
});
