import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, minute, second } from '../../src/base/clock.ts';
import type { Store } from '../../src/store/store.ts';
import {
  claimTry,
  failuresOf,
  resetAllThrottles,
  releaseTry,
  resetThrottle,
  resetThrottleAndUnlock,
  unknownUserPrefix,
  deleteExpiredUnknownUsers,
} from '../../src/store/throttles.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { atOnce, startEngine } from '../../kit/test-engine.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const wait = (retryAfter: number) => ({ ok: false, retryAfter });

async function fail(store: Store, times: number, at = now, kind = 'totp'): Promise<void> {
  for (let time = 0; time < times; time += 1) assert.equal((await claimTry(store, 'ada', kind, at)).ok, true);
}

/** Puts a count where it would take hours to come to. */
const failed = ({ db }: Store, failures: number, at = now, kind = 'totp', subject = 'ada') =>
  db.insertInto('throttles').values({ subject, kind, failures, last_at: at }).execute();

const rows = ({ db }: Store) =>
  db
    .selectFrom('throttles')
    .select(['subject', 'kind', 'failures', 'last_at as at'])
    .orderBy('subject')
    .orderBy('kind')
    .execute();

onEachDatabase('the store counts failures', (database) => {
  test('five tries are free and the sixth has to wait', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await fail(store, 5);
    assert.deepEqual(await claimTry(store, 'ada', 'totp', now), wait(30));
    assert.deepEqual(await rows(store), [{ subject: 'ada', kind: 'totp', failures: 5, at: now }]);
  });

  test('the wait is 30 s and doubles with each further failure up to 15 min', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await fail(store, 5);
    let at = now;
    for (const seconds of [30, 60, 120, 240, 480, 900, 900, 900]) {
      assert.deepEqual(await claimTry(store, 'ada', 'totp', at), wait(seconds));
      assert.deepEqual(await claimTry(store, 'ada', 'totp', at + seconds * second - 1), wait(1));
      at += seconds * second;
      assert.equal((await claimTry(store, 'ada', 'totp', at)).ok, true);
    }
  });

  test('the wait that is left is told in whole seconds, rounded up', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await fail(store, 5);
    assert.deepEqual(await claimTry(store, 'ada', 'totp', now + 1), wait(30));
    assert.deepEqual(await claimTry(store, 'ada', 'totp', now + second), wait(29));
    assert.deepEqual(await claimTry(store, 'ada', 'totp', now + 28_001), wait(2));
  });

  test('the wait that is told is that of the subject and the factor', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await failed(store, 9, now, 'totp', 'aaron');
    await failed(store, 8, now, 'password');
    await fail(store, 5);
    await failed(store, 7, now, 'totp', 'zoe');
    assert.deepEqual(await claimTry(store, 'ada', 'totp', now), wait(30));
    assert.deepEqual(await claimTry(store, 'zoe', 'totp', now), wait(120));
    assert.deepEqual(await claimTry(store, 'ada', 'password', now), wait(240));
  });

  test('a refused claim neither counts nor lengthens the wait', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await fail(store, 5);
    for (let at = 0; at < 30; at += 1)
      assert.equal((await claimTry(store, 'ada', 'totp', now + at * second)).ok, false);
    assert.equal((await claimTry(store, 'ada', 'totp', now + 30 * second)).ok, true);
  });

  test('the ninety-ninth failure is not the last, the hundredth is, for good', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await failed(store, 98);
    const later = now + 15 * minute;
    assert.equal((await claimTry(store, 'ada', 'totp', later)).ok, true);
    assert.equal((await claimTry(store, 'ada', 'totp', later + 15 * minute)).ok, true);
    for (const years of [0, 1, 50]) {
      assert.deepEqual(await claimTry(store, 'ada', 'totp', later + years * 365 * day), wait(900));
    }
    assert.equal((await rows(store))[0]?.failures, 100);
  });

  test('each subject and each kind of factor is counted apart', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await fail(store, 5);
    assert.equal((await claimTry(store, 'ada', 'password', now)).ok, true);
    assert.equal((await claimTry(store, 'bob', 'totp', now)).ok, true);
    assert.deepEqual(await claimTry(store, 'ada', 'totp', now), wait(30));
  });

  test('a clock that goes back opens nothing early', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await fail(store, 5);
    assert.deepEqual(await claimTry(store, 'ada', 'totp', now - minute), wait(90));
  });

  test('a success forgets the failures of its own factor and subject only', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await fail(store, 5);
    await failed(store, 3, now, 'password');
    await failed(store, 4, now, 'totp', 'bob');
    await resetThrottle(store, 'ada', 'totp');
    assert.deepEqual(await rows(store), [
      { subject: 'ada', kind: 'password', failures: 3, at: now },
      { subject: 'bob', kind: 'totp', failures: 4, at: now },
    ]);
    await fail(store, 5);
  });

  test('a released try is given back to its own factor and subject only, and never more than there were', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await fail(store, 1);
    await failed(store, 3, now, 'password');
    await failed(store, 4, now, 'totp', 'bob');
    await releaseTry(store, 'ada', 'totp');
    await releaseTry(store, 'ada', 'totp');
    assert.deepEqual(await rows(store), [
      { subject: 'ada', kind: 'password', failures: 3, at: now },
      { subject: 'ada', kind: 'totp', failures: 0, at: now },
      { subject: 'bob', kind: 'totp', failures: 4, at: now },
    ]);
    await fail(store, 5);
    assert.deepEqual(await claimTry(store, 'ada', 'totp', now), wait(30));
  });

  test('a success with a second factor also opens what a hundred failures closed, and shortens no wait', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await failed(store, 100);
    await failed(store, 99, now, 'password');
    await failed(store, 7, now, 'sms');
    await failed(store, 100, now, 'totp', 'bob');
    await resetThrottleAndUnlock(store, 'ada', 'sms');
    assert.deepEqual(await rows(store), [
      { subject: 'ada', kind: 'password', failures: 99, at: now },
      { subject: 'bob', kind: 'totp', failures: 100, at: now },
    ]);
    await fail(store, 5);
  });

  test("an administrator forgets all of one user's failures and hears how many kinds there were", async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await failed(store, 100);
    await failed(store, 7, now, 'password');
    await failed(store, 4, now, 'totp', 'bob');
    assert.equal(await resetAllThrottles(store, 'ada'), 2);
    assert.equal(await resetAllThrottles(store, 'ada'), 0);
    assert.deepEqual(await rows(store), [{ subject: 'bob', kind: 'totp', failures: 4, at: now }]);
  });

  test('only old failures of strangers are swept', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await failed(store, 9, now, 'password', `${unknownUserPrefix}old`);
    await failed(store, 9, now + 1, 'password', `${unknownUserPrefix}new`);
    await failed(store, 9, now, 'password', 'ada');
    assert.equal(await deleteExpiredUnknownUsers(store, now), 1);
    assert.deepEqual(
      (await rows(store)).map(({ subject }) => subject),
      ['ada', `${unknownUserPrefix}new`],
    );
  });

  test('of sixty-four simultaneous claims over two nodes five are granted', async () => {
    await using engine = await startEngine(database);
    const stores = [engine.ctx.store, (await engine.node()).ctx.store];
    const claims = await atOnce(64, (at) => claimTry(stores[at % 2] ?? engine.ctx.store, 'ada', 'totp', now));
    assert.equal(claims.filter(({ ok }) => ok).length, 5);
    assert.equal((await rows(engine.ctx.store))[0]?.failures, 5);
  });

  test('of sixteen simultaneous claims when a wait ends one is granted', async () => {
    await using engine = await startEngine(database);
    const stores = [engine.ctx.store, (await engine.node()).ctx.store];
    await fail(engine.ctx.store, 5);
    const later = now + 30 * second;
    const claims = await atOnce(16, (at) => claimTry(stores[at % 2] ?? engine.ctx.store, 'ada', 'totp', later));
    assert.equal(claims.filter(({ ok }) => ok).length, 1);
  });

  test('failures are told of one subject with one kind of factor', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await failed(store, 3);
    await failed(store, 4, now, 'sms');
    await failed(store, 5, now, 'totp', 'bob');
    const told = [
      ['ada', 'totp'],
      ['ada', 'sms'],
      ['bob', 'totp'],
      ['bob', 'sms'],
    ] as const;
    assert.deepEqual(await Promise.all(told.map(([subject, kind]) => failuresOf(store, subject, kind))), [3, 4, 5, 0]);
  });
});
