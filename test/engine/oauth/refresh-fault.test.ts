import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeClient, passwordGrant, refresh } from '../../../src/engine/operations.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine } from '../../../kit/test-engine.ts';
import { seededRandom } from '../../../kit/random.ts';

onEachDatabase('refreshing', (database) => {
  test('spends nothing when a fault stands in its way: the same token works afterwards', async () => {
    await using built = await startEngine(database);
    const { ctx, root } = built;
    const app = { name: 'app', grantTypes: ['password', 'refresh_token'], scope: '', isPublic: false };
    const { client } = await makeClient(ctx, undefined, { ...app, accountId: root });
    const ada = await built.addPerson('ada');
    const granted = unwrap(await passwordGrant(ctx, client, { login: ada.name, secret: ada.password }));
    const begun =
      granted.state === 'granted' ? (granted.refreshToken ?? '') : assert.fail('a second factor was asked for');
    // The same chance at the same time draws the same ids, which the database refuses.
    const unlucky = () => ({ ...ctx, random: seededRandom('the same again') });
    const first = unwrap(await refresh(unlucky(), client, { refreshToken: begun }));
    const refreshToken = first.refreshToken ?? '';
    await assert.rejects(refresh(unlucky(), client, { refreshToken }));
    assert.ok(unwrap(await refresh(ctx, client, { refreshToken })).refreshToken);
  });
});
