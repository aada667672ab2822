import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, success } from '../../../src/base/outcome.ts';
import { unlock } from '../../../src/engine/operator/unlock.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { house } from '../../../kit/house.ts';

onEachDatabase('the operator', (database) => {
  test('unlocks every factor of a user, closed ones too', async () => {
    await using home = await house(database);
    const { user, name, password } = await home.addPerson('ada');
    const bob = await home.addPerson('bob');
    const throttle = { kind: 'password', failures: 100, last_at: home.clock.now() };
    await home.ctx.store.db
      .insertInto('throttles')
      .values([
        { ...throttle, subject: user.id },
        { ...throttle, subject: user.id, kind: 'totp', failures: 7 },
        { ...throttle, subject: bob.user.id },
      ])
      .execute();
    home.clock.tick(365 * 86_400_000);
    assert.deepEqual(await home.logIn(name, password), refuse('throttled', 900));
    assert.deepEqual(await unlock(home.ctx, { login: name }), success(2));
    assert.deepEqual(await unlock(home.ctx, { login: name }), success(0));
    assert.ok(await home.enter(name, password));
    assert.deepEqual(await home.logIn(bob.name, bob.password), refuse('throttled', 900));
    assert.deepEqual(await unlock(home.ctx, { login: 'nobody' }), refuse('unknown_user'));
  });
});
