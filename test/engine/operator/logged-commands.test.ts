import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disableMfa } from '../../../src/engine/operator/disable-mfa.ts';
import { overridePassword } from '../../../src/engine/operator/override-password.ts';
import { unlock } from '../../../src/engine/operator/unlock.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { house } from '../../../kit/house.ts';

onEachDatabase('the operator', (database) => {
  test('leaves one line of the log for each thing done', async () => {
    await using home = await house(database);
    const { user, name } = await home.addPerson('ada');
    const lines = await home.logged(async () => {
      await overridePassword(home.ctx, { login: name }, 'an operator password');
      home.clock.tick(1);
      await unlock(home.ctx, { login: name });
      home.clock.tick(1);
      await disableMfa(home.ctx, { login: name });
    });
    const line = { factor: null, outcome: 'success', reason: null, userId: user.id, authModule: null, sessionId: null };
    assert.deepEqual(lines, [
      { ...line, action: 'operator.password', factor: 'password' },
      { ...line, action: 'operator.unlock' },
      { ...line, action: 'operator.disable_mfa' },
    ]);
  });
});
