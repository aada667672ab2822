import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAccount, insertAccount, rootAccount } from '../../src/store/accounts.ts';
import { isDuplicate } from '../../src/store/store.ts';
import { onEachDatabase } from '../support/databases.ts';
import { house } from '../support/house.ts';

onEachDatabase('the store keeps accounts', (database) => {
  test('the root is the one without a parent, and is meant when none is named', async () => {
    await using home = await house(database);
    await home.addAccount('child');
    const root = { id: home.root, parentId: null, name: 'root' };
    assert.deepEqual(await rootAccount(home.ctx.store), root);
    assert.deepEqual(await findAccount(home.ctx.store, undefined), root);
  });

  test('one is found by id, or by name without case', async () => {
    await using home = await house(database);
    const id = await home.addAccount('Straße');
    for (const named of [id, 'Straße', 'STRAßE', 'ｓtraße']) {
      assert.equal((await findAccount(home.ctx.store, named))?.id, id, named);
    }
    assert.equal(await findAccount(home.ctx.store, 'strasse'), undefined);
    assert.equal(await findAccount(home.ctx.store, ''), undefined);
  });

  test('an id comes before a name', async () => {
    await using home = await house(database);
    const id = await home.addAccount('child');
    await home.addAccount(id);
    await home.addAccount(home.root);
    assert.equal((await findAccount(home.ctx.store, id))?.id, id);
    assert.equal((await findAccount(home.ctx.store, home.root))?.id, home.root);
    for (const [first, other] of ['ab', 'ba']) {
      await insertAccount(home.ctx.store, { id: `${first}`, parentId: home.root, name: `${other}` }, 0);
    }
    for (const each of ['a', 'b']) assert.equal((await findAccount(home.ctx.store, each))?.id, each);
  });

  test('names are unique', async () => {
    await using home = await house(database);
    const twice = { id: 'twice', parentId: home.root, name: 'ROOT' };
    await assert.rejects(insertAccount(home.ctx.store, twice, 0), isDuplicate);
  });
});
