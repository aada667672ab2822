import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day } from '../../src/base/clock.ts';
import { timeOrderedHex } from '../../src/base/random.ts';
import {
  findAttempts,
  insertAttempt,
  listAttempts,
  type Attempt,
  type AttemptFilter,
} from '../../src/store/attempts.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine } from '../../kit/test-engine.ts';
import { seededRandom } from '../../kit/random.ts';

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
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const rows = ['202611-a', '202611-c', '202611-b'].map((id) => attempt(id, 'ada'));
    for (const row of rows) await insertAttempt(store, row);
    await insertAttempt(store, { ...attempt('202611-d', null), ...nothing, ...nowhere, outcome: 'success' });
    await insertAttempt(store, attempt('202611-e', 'bob'));
    assert.deepEqual(await listAttempts(store, 'ada', 2), [rows[1], rows[2]]);
    assert.equal((await listAttempts(store, 'ada', 9)).length, 3);
  });

  test('the log outlives whom it speaks of', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const { id } = await engine.addUser({ name: 'ada' });
    await insertAttempt(store, attempt('202611-a', id));
    await store.db.deleteFrom('users').where('id', '=', id).execute();
    assert.ok((await listAttempts(store, id, 9)).some((row) => row.id === '202611-a'));
  });

  test('an outcome is one of two words', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await insertAttempt(store, attempt('202611-a', 'ada'));
    await assert.rejects(
      store.db
        .updateTable('attempts')
        .set({ outcome: 'maybe' as 'failed' })
        .execute(),
    );
  });
});

onEachDatabase('a page of attempts', (database) => {
  const start = Date.parse('2026-11-21T12:00:00Z');
  const users = ['ada', 'bob'];
  const ends = ['success', 'failed'] as const;
  const modules = ['user_auth', 'password'];
  /** Three in each millisecond, over the end of a year, in two accounts, of every kind. */
  const all = Array.from({ length: 240 }, (_, at): Attempt => {
    const made = start + Math.floor(at / 3) * day;
    const id = `${new Date(made).toISOString().slice(0, 7).replace('-', '')}-${timeOrderedHex(seededRandom(`${at}`), made)}`;
    const chosen = <Value>(values: readonly Value[], every: number) => values[Math.floor(at / every) % values.length];
    return {
      ...attempt(id, chosen(users, 5) ?? null),
      at: made,
      accountId: chosen(['acme', 'zenith'], 7) ?? null,
      action: chosen(['login', 'answer', 'send', 'refresh'], 1) ?? '',
      outcome: chosen(ends, 3) ?? 'failed',
      authModule: chosen(modules, 2) ?? null,
    };
  }).toSorted((one, other) => (one.id < other.id ? 1 : -1));

  const filters: readonly Omit<AttemptFilter, 'accountId' | 'actions'>[] = [
    {},
    { outcome: 'failed' },
    { authModule: 'password' },
    { userId: 'ada' },
    { userId: 'ada', outcome: 'success', authModule: 'password' },
    { from: start + 20 * day, to: start + 60 * day },
    { userId: 'bob', from: start + 20 * day, to: start + 60 * day },
    { from: start + 57 * day, to: start + 60 * day },
    { from: -1, to: 0 },
  ];

  test('holds the newest that are meant, and the next page begins where it ends', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    for (const row of all) await insertAttempt(store, row);
    assert.deepEqual(await findAttempts(store, { accountId: 'acme', actions: [] }, { limit: 9 }), []);
    for (const actions of [['answer', 'send'], ['login', 'answer', 'send'], ['login']]) {
      for (const filter of filters) {
        const meant = all.filter(
          (row) =>
            row.accountId === 'acme' &&
            actions.includes(row.action) &&
            row.userId === (filter.userId ?? row.userId) &&
            row.outcome === (filter.outcome ?? row.outcome) &&
            row.authModule === (filter.authModule ?? row.authModule) &&
            row.at >= (filter.from ?? row.at) &&
            row.at < (filter.to ?? row.at + 1),
        );
        const asked = { ...filter, accountId: 'acme', actions };
        assert.deepEqual(await findAttempts(store, asked, { limit: 9 }), meant.slice(0, 9));
        const next = meant[5];
        if (!next) continue;
        assert.deepEqual(await findAttempts(store, asked, { limit: 9, start: next.id }), meant.slice(5, 14));
      }
    }
  });
});
