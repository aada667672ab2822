import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, success } from '../../../src/base/outcome.ts';
import { unlock } from '../../../src/engine/operator/unlock.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { startEngine } from '../../../kit/test-engine.ts';

onEachDatabase('the operator', (database) => {
  test('unlocks every factor of a user, closed ones too', async () => {
    await using engine = await startEngine(database);
    const { user, name, password } = await engine.addPerson('ada');
    const bob = await engine.addPerson('bob');
    const throttle = { kind: 'password', failures: 100, last_at: engine.clock.now() };
    await engine.ctx.store.db
      .insertInto('throttles')
      .values([
        { ...throttle, subject: user.id },
        { ...throttle, subject: user.id, kind: 'totp', failures: 7 },
        { ...throttle, subject: bob.user.id },
      ])
      .execute();
    engine.clock.tick(365 * 86_400_000);
    assert.deepEqual(await engine.logIn(name, password), refuse('throttled', 900));
    assert.deepEqual(await unlock(engine.ctx, { login: name }), success(2));
    assert.deepEqual(await unlock(engine.ctx, { login: name }), success(0));
    assert.ok(await engine.enter(name, password));
    assert.deepEqual(await engine.logIn(bob.name, bob.password), refuse('throttled', 900));
    assert.deepEqual(await unlock(engine.ctx, { login: 'nobody' }), refuse('unknown_user'));
  });
});
