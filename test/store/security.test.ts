import assert from 'node:assert/strict';
import { test } from 'node:test';
import { insertAccount } from '../../src/store/accounts.ts';
import { securityBelow, securityDownTo, writeSecurity } from '../../src/store/security.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine, type TestEngine } from '../../kit/test-engine.ts';

const now = Date.parse('2026-11-21T12:00:00Z');

async function tree({ ctx: { store }, root }: TestEngine) {
  for (const [id, parentId] of [
    ['east', root],
    ['cellar', 'east'],
    ['west', root],
  ] as const)
    await insertAccount(store, { id, parentId, name: id }, now);
}

onEachDatabase('the store keeps what accounts say about logins', (database) => {
  test('what is said is read from the root down, and of no account beside or below', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await tree(engine);
    for (const accountId of ['cellar', engine.root, 'west', 'east'])
      assert.equal(await writeSecurity(store, { accountId, authModules: { of: accountId }, revision: 0 }, now), true);
    const down = async (id: string) => (await securityDownTo(store, id)).map(({ accountId }) => accountId);
    assert.deepEqual(await down('cellar'), [engine.root, 'east', 'cellar']);
    assert.deepEqual(await down('east'), [engine.root, 'east']);
    assert.deepEqual(await down(engine.root), [engine.root]);
    assert.deepEqual((await securityDownTo(store, 'cellar'))[1]?.authModules, { of: 'east' });
  });

  test('what is said in an account and below it is read, and nothing from above or beside', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await tree(engine);
    for (const accountId of ['cellar', engine.root, 'west', 'east'])
      await writeSecurity(store, { accountId, authModules: { of: accountId }, revision: 0 }, now);
    const below = async (id: string) => (await securityBelow(store, id)).map(({ accountId }) => accountId).toSorted();
    assert.deepEqual(await below('east'), ['cellar', 'east']);
    assert.deepEqual(await below(engine.root), [engine.root, 'cellar', 'east', 'west'].toSorted());
    assert.deepEqual(await securityBelow(store, 'cellar'), [
      { accountId: 'cellar', authModules: { of: 'cellar' }, rules: {}, revision: 1 },
    ]);
  });

  test('of two who write over one revision one wins, and only that account is written', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await tree(engine);
    const said = (accountId: string, revision: number, word: string) =>
      writeSecurity(store, { accountId, authModules: { word }, revision }, now);
    assert.deepEqual([await said('east', 0, 'first'), await said('east', 0, 'late')], [true, false]);
    assert.equal(await said('west', 0, 'other'), true);
    assert.deepEqual([await said('east', 1, 'second'), await said('east', 1, 'late')], [true, false]);
    assert.equal(await said('east', 7, 'guessed'), false);
    const [east] = await securityDownTo(store, 'east');
    const [west] = await securityDownTo(store, 'west');
    assert.deepEqual([east?.authModules, east?.revision], [{ word: 'second' }, 2]);
    assert.deepEqual([west?.authModules, west?.revision], [{ word: 'other' }, 1]);
  });
});
