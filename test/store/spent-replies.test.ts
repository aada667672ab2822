import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spendReply, deleteExpiredSpentReplies } from '../../src/store/spent-replies.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine } from '../../kit/test-engine.ts';

const until = Date.parse('2026-11-21T12:05:00Z');
const reply = { providerId: 'provider', id: 'reply', until };

onEachDatabase('the store keeps spent replies', (database) => {
  test('each is spent once, of any number at once, and at one provider', async () => {
    await using engine = await startEngine(database);
    const stores = [engine.ctx.store, (await engine.node()).ctx.store];
    const spent = await Promise.all(
      Array.from({ length: 16 }, (_, at) => spendReply(stores[at % 2] ?? engine.ctx.store, reply)),
    );
    assert.equal(spent.filter(Boolean).length, 1);
    assert.equal(await spendReply(engine.ctx.store, { ...reply, until: until + 1 }), false);
    assert.equal(await spendReply(engine.ctx.store, { ...reply, providerId: 'another' }), true);
    assert.equal(await spendReply(engine.ctx.store, { ...reply, id: 'another' }), true);
  });

  test('those are forgotten that the provider itself refuses by now', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await spendReply(store, reply);
    await spendReply(store, { ...reply, id: 'later', until: until + 1 });
    assert.equal(await deleteExpiredSpentReplies(store, until - 1), 0);
    assert.equal(await deleteExpiredSpentReplies(store, until), 1);
    assert.equal(await spendReply(store, { ...reply, id: 'later' }), false);
    assert.equal(await spendReply(store, reply), true);
  });
});
