import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { overridePassword } from '../../../src/engine/operator/override-password.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine } from '../../../kit/test-engine.ts';

onEachDatabase('the operator', (database) => {
  test('sets a password, which ends all sessions and leaves the second factor', async () => {
    await using engine = await startEngine(database);
    const { name, password, token, seed } = await engine.addProtected('ada');
    unwrap(await overridePassword(engine.ctx, { login: name }, 'an operator password'));
    assert.deepEqual(await authenticate(engine.ctx, token), refuse('invalid_token'));
    assert.deepEqual(await engine.logIn(name, password), refuse('wrong'));
    assert.ok(await engine.enter(name, 'an operator password', engine.codeFor(seed)));
  });

  test('sets no password that a user could not', async () => {
    await using engine = await startEngine(database);
    const { name, password } = await engine.addPerson('ada');
    assert.deepEqual(await overridePassword(engine.ctx, { login: name }, 'password1'), refuse('password_too_common'));
    assert.deepEqual(
      await overridePassword(engine.ctx, { login: 'bob' }, 'an operator password'),
      refuse('unknown_user'),
    );
    assert.ok(await engine.enter(name, password));
  });
});
