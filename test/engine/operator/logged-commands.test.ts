import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disableMfa } from '../../../src/engine/operator/disable-mfa.ts';
import { overridePassword } from '../../../src/engine/operator/override-password.ts';
import { unlock } from '../../../src/engine/operator/unlock.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { startEngine } from '../../../kit/test-engine.ts';

onEachDatabase('the operator', (database) => {
  test('leaves one line of the log for each thing done', async () => {
    await using engine = await startEngine(database);
    const { user, name } = await engine.addPerson('ada');
    const lines = await engine.logged(async () => {
      await overridePassword(engine.ctx, { login: name }, 'an operator password');
      engine.clock.tick(1);
      await unlock(engine.ctx, { login: name });
      engine.clock.tick(1);
      await disableMfa(engine.ctx, { login: name });
    });
    const line = { factor: null, outcome: 'success', reason: null, userId: user.id, authModule: null, sessionId: null };
    assert.deepEqual(lines, [
      { ...line, action: 'operator.password', factor: 'password' },
      { ...line, action: 'operator.unlock' },
      { ...line, action: 'operator.disable_mfa' },
    ]);
  });
});
