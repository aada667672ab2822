import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { overridePassword } from '../../../src/engine/operator/override-password.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house } from '../../../kit/house.ts';

onEachDatabase('the operator', (database) => {
  test('sets a password, which ends all sessions and leaves the second factor', async () => {
    await using home = await house(database);
    const { name, password, token, seed } = await home.addProtected('ada');
    got(await overridePassword(home.ctx, { login: name }, 'an operator password'));
    assert.deepEqual(await authenticate(home.ctx, token), refuse('invalid_token'));
    assert.deepEqual(await home.logIn(name, password), refuse('wrong'));
    assert.ok(await home.enter(name, 'an operator password', home.codeFor(seed)));
  });

  test('sets no password that a user could not', async () => {
    await using home = await house(database);
    const { name, password } = await home.addPerson('ada');
    assert.deepEqual(await overridePassword(home.ctx, { login: name }, 'password1'), refuse('password_too_common'));
    assert.deepEqual(
      await overridePassword(home.ctx, { login: 'bob' }, 'an operator password'),
      refuse('unknown_user'),
    );
    assert.ok(await home.enter(name, password));
  });
});
