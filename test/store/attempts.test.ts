import assert from 'node:assert/strict';
import { test } from 'node:test';
import { insertAttempt, listAttempts, type Attempt } from '../../src/store/attempts.ts';
import { onEachDatabase } from '../support/databases.ts';
import { house } from '../support/house.ts';

const attempt = (id: string, userId: string | null): Attempt => ({
  id,
  at: Date.parse('2026-11-21T12:00:00Z'),
  accountId: 'account',
  userId,
  action: 'login',
  authModule: 'password',
  factor: 'password',
  outcome: 'failed',
  reason: 'wrong',
  sessionId: 'session',
  clientIp: '192.0.2.1',
  userAgent: 'agent',
  requestId: 'request',
  providerName: 'totp',
  authConfigOrigin: 'system',
  mfaConfigOrigin: 'account',
  detail: 'is about another user',
  objectId: 'object',
});

const nothing = { accountId: null, authModule: null, factor: null, reason: null };
const noOrigin = { providerName: null, authConfigOrigin: null, mfaConfigOrigin: null, objectId: null };
const nowhere = { ...noOrigin, sessionId: null, clientIp: null, userAgent: null, requestId: null };

onEachDatabase('the store keeps attempts', (database) => {
  test("a user's attempts are read as they were written, the newest first and no more than asked for", async () => {
    await using home = await house(database);
    const { store } = home.ctx;
    const rows = ['202611-a', '202611-c', '202611-b'].map((id) => attempt(id, 'ada'));
    for (const row of rows) await insertAttempt(store, row);
    await insertAttempt(store, { ...attempt('202611-d', null), ...nothing, ...nowhere, outcome: 'success' });
    await insertAttempt(store, attempt('202611-e', 'bob'));
    assert.deepEqual(await listAttempts(store, 'ada', 2), [rows[1], rows[2]]);
    assert.equal((await listAttempts(store, 'ada', 9)).length, 3);
  });

  test('the log outlives whom it speaks of', async () => {
    await using home = await house(database);
    const { store } = home.ctx;
    const { id } = await home.addUser({ name: 'ada' });
    await insertAttempt(store, attempt('202611-a', id));
    await store.db.deleteFrom('users').where('id', '=', id).execute();
    assert.ok((await listAttempts(store, id, 9)).some((row) => row.id === '202611-a'));
  });

  test('an outcome is one of two words', async () => {
    await using home = await house(database);
    const { store } = home.ctx;
    await insertAttempt(store, attempt('202611-a', 'ada'));
    await assert.rejects(
      store.db
        .updateTable('attempts')
        .set({ outcome: 'maybe' as 'failed' })
        .execute(),
    );
  });
});
