import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, success } from '../../../src/base/outcome.ts';
import { findNamed } from '../../../src/engine/operator/find-user.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { house } from '../../../kit/house.ts';

onEachDatabase('the operator', (database) => {
  test('finds a user by account and login', async () => {
    await using home = await house(database);
    const branch = await home.addAccount('branch');
    const ada = await home.addUser({ name: 'ada', email: 'ada@example.org' });
    const far = await home.addUser({ name: 'ada', account: branch });
    for (const login of ['ADA', ada.id, 'ada@example.org'])
      assert.deepEqual(await findNamed(home.ctx, { login }), success(ada));
    assert.deepEqual(await findNamed(home.ctx, { account: 'branch', login: 'ada' }), success(far));
    assert.deepEqual(await findNamed(home.ctx, { account: 'nowhere', login: 'ada' }), refuse('unknown_account'));
    assert.deepEqual(await findNamed(home.ctx, { login: 'bob' }), refuse('unknown_user'));
  });
});
