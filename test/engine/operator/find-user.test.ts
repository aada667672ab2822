import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, success } from '../../../src/base/outcome.ts';
import { findNamed } from '../../../src/engine/operator/find-user.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { startEngine } from '../../../kit/test-engine.ts';

onEachDatabase('the operator', (database) => {
  test('finds a user by account and login', async () => {
    await using engine = await startEngine(database);
    const branch = await engine.addAccount('branch');
    const ada = await engine.addUser({ name: 'ada', email: 'ada@example.org' });
    const far = await engine.addUser({ name: 'ada', account: branch });
    for (const login of ['ADA', ada.id, 'ada@example.org'])
      assert.deepEqual(await findNamed(engine.ctx, { login }), success(ada));
    assert.deepEqual(await findNamed(engine.ctx, { account: 'branch', login: 'ada' }), success(far));
    assert.deepEqual(await findNamed(engine.ctx, { account: 'nowhere', login: 'ada' }), refuse('unknown_account'));
    assert.deepEqual(await findNamed(engine.ctx, { login: 'bob' }), refuse('unknown_user'));
  });
});
