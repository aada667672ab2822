import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  advance,
  findAuthenticator,
  listAuthenticators,
  removeAuthenticator,
  removeKinds,
  removePending,
  deleteExpiredAuthenticators,
} from '../../src/store/authenticators.ts';
import { listForLogin } from '../../src/store/login-authenticators.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine, winners } from '../../kit/test-engine.ts';
import { ids, later, make, now, pending, people } from './authenticators-help.ts';

onEachDatabase('the store keeps authenticators', (database) => {
  test('one is read as it was written, with numbers for instants and counts', async () => {
    await using engine = await startEngine(database);
    const [ada] = await people(engine);
    assert.deepEqual(
      await make(engine.ctx.store, { id: 'a', userId: ada, label: 'phone', state: { seed: 'é', steps: [1, 2] } }),
      {
        id: 'a',
        userId: ada,
        kind: 'totp',
        label: 'phone',
        state: { seed: 'é', steps: [1, 2] },
        status: 'active',
        revision: 0,
        createdAt: now,
        updatedAt: now,
        lastUsedAt: null,
        expiresAt: null,
        scope: null,
      },
    );
  });

  test("a list holds a user's active ones and the pending ones up to the moment they run out, oldest first", async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada, bob] = await people(engine);
    await make(store, { id: 'b', userId: ada, ...pending(later) });
    await make(store, { id: 'a', userId: ada });
    await make(store, { id: 'c', userId: bob });
    assert.deepEqual(ids(await listAuthenticators(store, ada, later - 1)), ['a', 'b']);
    assert.deepEqual(ids(await listAuthenticators(store, ada, later)), ['a']);
  });

  test('one is found by its own user, and a pending one up to the moment it runs out', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada, bob] = await people(engine);
    await make(store, { id: 'a', userId: ada, ...pending(later) });
    assert.equal((await findAuthenticator(store, ada, 'a', later - 1))?.id, 'a');
    assert.equal(await findAuthenticator(store, ada, 'a', later), undefined);
    assert.equal(await findAuthenticator(store, bob, 'a', now), undefined);
    assert.equal(await findAuthenticator(store, ada, 'b', now), undefined);
  });

  test('a login sees the active ones, and of those found by their secret only what it shows', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada, bob] = await people(engine);
    await make(store, { id: 'password', userId: ada, kind: 'password' });
    await make(store, { id: 'pending', userId: ada, ...pending(later) });
    await make(store, { id: 'other', userId: bob, kind: 'password' });
    await make(store, { id: 'other key', userId: bob, kind: 'apikey', lookup: 'hash 7' });
    for (let at = 0; at < 100; at += 1) {
      await make(store, { id: `key ${at}`, userId: ada, kind: 'apikey', lookup: `hash ${at}` });
    }
    assert.deepEqual(ids(await listForLogin(store, ada)), ['password']);
    assert.deepEqual(ids(await listForLogin(store, ada, { lookups: ['hash 7', 'unknown'], now })), [
      'key 7',
      'password',
    ]);
    assert.deepEqual(ids(await listForLogin(store, ada, { lookups: ['unknown'], now })), ['password']);
  });

  test('a login that shows a pending key does not see it', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada] = await people(engine);
    await make(store, { id: 'key', userId: ada, kind: 'apikey', lookup: 'hash', ...pending(later) });
    assert.deepEqual(await listForLogin(store, ada, { lookups: ['hash'], now }), []);
  });

  test("one is removed by its own user's id and its own", async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada, bob] = await people(engine);
    await make(store, { id: 'a', userId: ada });
    await make(store, { id: 'b', userId: ada });
    assert.equal(await removeAuthenticator(store, bob, 'a'), false);
    assert.equal(await removeAuthenticator(store, ada, 'c'), false);
    assert.equal(await winners(16, () => removeAuthenticator(store, ada, 'a')), 1);
    assert.deepEqual(ids(await listAuthenticators(store, ada, now)), ['b']);
  });

  test('whole kinds are removed from one user, pending ones too', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada, bob] = await people(engine);
    await make(store, { id: 'a', userId: ada });
    await make(store, { id: 'b', userId: ada, ...pending(later) });
    await make(store, { id: 'c', userId: ada, kind: 'recovery' });
    await make(store, { id: 'd', userId: ada, kind: 'password' });
    await make(store, { id: 'e', userId: bob });
    await removeKinds(store, ada, ['totp', 'recovery']);
    assert.deepEqual(ids(await listAuthenticators(store, ada, now)), ['d']);
    assert.deepEqual(ids(await listAuthenticators(store, bob, now)), ['e']);
  });

  test('pending ones of a kind are removed from one user, and nothing that works', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada, bob] = await people(engine);
    await make(store, { id: 'a', userId: ada });
    await make(store, { id: 'b', userId: ada, ...pending(later) });
    await make(store, { id: 'c', userId: ada, kind: 'device', ...pending(later) });
    await make(store, { id: 'd', userId: bob, ...pending(later) });
    await removePending(store, ada, 'totp');
    assert.deepEqual(ids(await listAuthenticators(store, ada, now)), ['a', 'c']);
    assert.deepEqual(ids(await listAuthenticators(store, bob, now)), ['d']);
  });

  test('only enrolments that have run out are swept', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada] = await people(engine);
    await make(store, { id: 'a', userId: ada });
    await make(store, { id: 'b', userId: ada, ...pending(later) });
    await make(store, { id: 'c', userId: ada, ...pending(later + 1) });
    assert.equal(await deleteExpiredAuthenticators(store, later), 1);
    assert.deepEqual(ids(await listAuthenticators(store, ada, now)), ['a', 'c']);
  });

  test('the database holds no word of a state', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada] = await people(engine);
    const judged = await make(store, { id: 'a', userId: ada, state: { seed: 'a seed to be kept' } });
    await advance(store, judged, { seed: 'another seed to be kept' }, now);
    const row = await store.db.selectFrom('authenticators').selectAll().executeTakeFirstOrThrow();
    const bytes = Buffer.from(row.state.slice(row.state.indexOf('.') + 1), 'base64url').toString('latin1');
    assert.doesNotMatch(row.state + bytes, /seed/);
  });

  test('a state opens in no other row, for no other user and as no other kind', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada, bob] = await people(engine);
    await make(store, { id: 'a', userId: ada });
    await make(store, { id: 'b', userId: ada });
    const [a, b] = await store.db.selectFrom('authenticators').select('state').orderBy('id').execute();
    assert.ok(a && b);
    const rows = store.db.updateTable('authenticators');
    await rows.set({ state: b.state }).where('id', '=', 'a').execute();
    await assert.rejects(findAuthenticator(store, ada, 'a', now));
    await rows.set({ state: a.state, kind: 'recovery' }).where('id', '=', 'a').execute();
    await assert.rejects(listAuthenticators(store, ada, now));
    await rows.set({ kind: 'totp', user_id: bob }).where('id', '=', 'a').execute();
    await assert.rejects(listForLogin(store, bob));
    await rows.set({ user_id: ada }).where('id', '=', 'a').execute();
    assert.equal((await listForLogin(store, ada)).length, 2);
  });

  test('a user who is removed takes all of theirs along', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada] = await people(engine);
    await make(store, { id: 'a', userId: ada });
    await store.db.deleteFrom('users').where('id', '=', ada).execute();
    assert.deepEqual(await store.db.selectFrom('authenticators').selectAll().execute(), []);
  });
});
