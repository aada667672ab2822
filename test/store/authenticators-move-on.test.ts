import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  activate,
  advance,
  findAuthenticator,
  listAuthenticators,
  deleteExpiredAuthenticators,
  touch,
} from '../../src/store/authenticators.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine, winners } from '../../kit/test-engine.ts';
import { found, ids, later, make, now, pending, people } from './authenticators-help.ts';

onEachDatabase('the store moves authenticators on', (database) => {
  test('an active one moves on to its next state', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada] = await people(engine);
    const judged = await make(store, { id: 'a', userId: ada });
    assert.equal(await advance(store, judged, { step: 2 }, later), true);
    const next = { ...judged, state: { step: 2 }, revision: 1, updatedAt: later, lastUsedAt: later };
    assert.deepEqual(await found(store, judged), next);
  });

  test('one does not move on from a revision that is over', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada] = await people(engine);
    const judged = await make(store, { id: 'a', userId: ada });
    assert.equal(await advance(store, judged, { step: 2 }, later), true);
    assert.equal(await advance(store, judged, { step: 3 }, later), false);
    assert.deepEqual((await found(store, judged)).state, { step: 2 });
  });

  test('moving one on leaves all others where they are', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada] = await people(engine);
    const judged = await make(store, { id: 'a', userId: ada });
    const other = await make(store, { id: 'b', userId: ada });
    assert.equal(await advance(store, { ...judged, id: 'c' }, { step: 2 }, later), false);
    assert.equal(await advance(store, judged, { step: 2 }, later), true);
    assert.deepEqual(await found(store, other), other);
  });

  test('a pending one does not move on', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada] = await people(engine);
    const judged = await make(store, { id: 'a', userId: ada, ...pending(later) });
    assert.equal(await advance(store, judged, { step: 2 }, now), false);
    assert.equal(await touch(store, 'a', now), false);
    assert.deepEqual(await found(store, judged), judged);
  });

  test('of sixteen that move one on at once, one does', async () => {
    await using engine = await startEngine(database);
    const stores = [engine.ctx.store, (await engine.node()).ctx.store];
    const [ada] = await people(engine);
    const judged = await make(engine.ctx.store, { id: 'a', userId: ada });
    assert.equal(
      await winners(16, (at) => advance(stores[at % 2] ?? engine.ctx.store, judged, { step: at }, later)),
      1,
    );
    assert.equal((await found(engine.ctx.store, judged)).revision, 1);
  });

  test('the use of one that spends nothing is noted, and nothing else changes', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada] = await people(engine);
    const judged = await make(store, { id: 'a', userId: ada });
    const other = await make(store, { id: 'b', userId: ada });
    assert.equal(await touch(store, 'a', later), true);
    assert.equal(await touch(store, 'c', later), false);
    assert.deepEqual(await found(store, judged), { ...judged, lastUsedAt: later });
    assert.deepEqual(await found(store, other), other);
  });

  test('a pending one becomes active, with the state its proof left and without an end', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada] = await people(engine);
    const judged = await make(store, { id: 'a', userId: ada, ...pending(later) });
    const other = await make(store, { id: 'b', userId: ada, ...pending(later) });
    assert.equal(await activate(store, judged, { step: 2 }, now), true);
    const next = {
      state: { step: 2 },
      status: 'active',
      revision: 1,
      updatedAt: now,
      lastUsedAt: now,
      expiresAt: null,
    };
    assert.deepEqual(await findAuthenticator(store, ada, 'a', later), { ...judged, ...next });
    assert.deepEqual(await found(store, other), other);
    assert.equal(await deleteExpiredAuthenticators(store, later), 1);
    assert.deepEqual(ids(await listAuthenticators(store, ada, now)), ['a']);
  });

  test('one that is active, gone or run out does not become active', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada] = await people(engine);
    const judged = await make(store, { id: 'a', userId: ada, ...pending(later) });
    assert.equal(await activate(store, { ...judged, id: 'b' }, { step: 2 }, now), false);
    assert.equal(await activate(store, judged, { step: 2 }, later), false);
    assert.equal(await activate(store, judged, { step: 2 }, later - 1), true);
    assert.equal(await activate(store, judged, { step: 3 }, later - 1), false);
    assert.deepEqual((await found(store, judged)).state, { step: 2 });
  });

  test('one that is active does not become active, even where it has an end', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada] = await people(engine);
    const judged = await make(store, { id: 'a', userId: ada, expiresAt: later });
    assert.equal(await activate(store, judged, { step: 2 }, now), false);
    assert.deepEqual(await found(store, judged), judged);
  });

  test('of sixteen that make one active at once, one does', async () => {
    await using engine = await startEngine(database);
    const stores = [engine.ctx.store, (await engine.node()).ctx.store];
    const [ada] = await people(engine);
    const judged = await make(engine.ctx.store, { id: 'a', userId: ada, ...pending(later) });
    assert.equal(await winners(16, (at) => activate(stores[at % 2] ?? engine.ctx.store, judged, { step: at }, now)), 1);
  });
});
