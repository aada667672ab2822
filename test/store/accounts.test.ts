import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  deleteAccount,
  depthOf,
  findAccount,
  findBelow,
  insertAccount,
  listAbove,
  listBelow,
  rootAccount,
  updateAccount,
} from '../../src/store/accounts.ts';
import { deleteClient, insertClient } from '../../src/store/clients.ts';
import { deleteUser } from '../../src/store/users.ts';
import { isDuplicate } from '../../src/store/store.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine } from '../../kit/test-engine.ts';

onEachDatabase('the store keeps accounts', (database) => {
  test('the root is the one without a parent, and is meant when none is named', async () => {
    await using engine = await startEngine(database);
    await engine.addAccount('child');
    const root = {
      id: engine.root,
      parentId: null,
      name: 'root',
      realm: null,
      enabled: true,
      revision: 0,
      createdAt: engine.clock.now(),
    };
    assert.deepEqual(await rootAccount(engine.ctx.store), root);
    assert.deepEqual(await findAccount(engine.ctx.store, undefined), root);
  });

  test('one is found by id, or by name without case', async () => {
    await using engine = await startEngine(database);
    const id = await engine.addAccount('Straße');
    for (const named of [id, 'Straße', 'STRAßE', 'ｓtraße']) {
      assert.equal((await findAccount(engine.ctx.store, named))?.id, id, named);
    }
    assert.equal(await findAccount(engine.ctx.store, 'strasse'), undefined);
    assert.equal(await findAccount(engine.ctx.store, ''), undefined);
  });

  test('an id comes before a name', async () => {
    await using engine = await startEngine(database);
    const id = await engine.addAccount('child');
    await engine.addAccount(id);
    await engine.addAccount(engine.root);
    assert.equal((await findAccount(engine.ctx.store, id))?.id, id);
    assert.equal((await findAccount(engine.ctx.store, engine.root))?.id, engine.root);
    for (const [first, other] of ['ab', 'ba']) {
      await insertAccount(engine.ctx.store, { id: `${first}`, parentId: engine.root, name: `${other}` }, 0);
    }
    for (const each of ['a', 'b']) assert.equal((await findAccount(engine.ctx.store, each))?.id, each);
  });

  test('what stands below one is found from there, and from nowhere else', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const add = async (id: string, parentId: string) => {
      await insertAccount(store, { id, parentId, name: id }, 0);
      return id;
    };
    const [east, west] = [await add('east', engine.root), await add('west', engine.root)];
    const cellar = await add('cellar', east);
    const vault = await add('vault', cellar);
    for (const [top, id, is] of [
      [east, vault, true],
      [engine.root, vault, true],
      [vault, vault, true],
      [vault, cellar, false],
      [west, vault, false],
      [east, west, false],
    ] as const)
      assert.equal((await findBelow(store, top, id)) !== undefined, is, `${id} below ${top}`);
    const ids = (accounts: readonly { id: string }[]) => accounts.map(({ id }) => id);
    assert.deepEqual(ids(await listBelow(store, east, 'children', { limit: 9 })), [cellar]);
    assert.deepEqual(ids(await listBelow(store, east, 'descendants', { limit: 9 })), [cellar, vault]);
    assert.deepEqual(ids(await listBelow(store, east, 'descendants', { limit: 1 })), [cellar]);
    assert.deepEqual(ids(await listBelow(store, east, 'descendants', { limit: 9, after: cellar })), [vault]);
    assert.deepEqual(ids(await listAbove(store, engine.root, vault)), [engine.root, east, cellar]);
    assert.deepEqual(ids(await listAbove(store, east, vault)), [east, cellar]);
    assert.deepEqual([await depthOf(store, engine.root), await depthOf(store, vault)], [0, 3]);
  });

  test('one is changed at the revision it was read at, once', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await insertAccount(store, { id: 'a', parentId: engine.root, name: 'a' }, 0);
    const read = (await findAccount(store, 'a')) ?? assert.fail('it is not there');
    const changes = ['b', 'c'].map((name) => updateAccount(store, read, { name, realm: 'x.example' }));
    assert.equal((await Promise.all(changes)).filter((won) => won).length, 1);
    const changed = await findAccount(store, 'a');
    assert.deepEqual([changed?.revision, changed?.realm], [1, 'x.example']);
    assert.equal(await updateAccount(store, { ...read, id: 'nobody' }, read), false);
  });

  test('one goes at the revision it was read at, and not while something hangs on it', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await insertAccount(store, { id: 'a', parentId: engine.root, name: 'a' }, 0);
    const read = (await findAccount(store, 'a')) ?? assert.fail('it is not there');
    assert.equal(await deleteAccount(store, { ...read, revision: 1 }), false);
    await insertAccount(store, { id: 'b', parentId: 'a', name: 'b' }, 0);
    assert.equal(await deleteAccount(store, read), false, 'a child');
    assert.equal(await deleteAccount(store, { ...read, id: 'b' }), true);
    const user = await engine.addUser({ name: 'ada', account: 'a' });
    assert.equal(await deleteAccount(store, read), false, 'a user');
    await deleteUser(store, user.id);
    const client = { accountId: 'a', name: 'app', grantTypes: [], scope: '', isPublic: true, createdAt: 0 };
    await insertClient(store, { ...client, id: 'app' }, undefined);
    assert.equal(await deleteAccount(store, read), false, 'a client');
    await deleteClient(store, 'app');
    assert.equal(await deleteAccount(store, read), true);
    assert.equal(await deleteAccount(store, read), false);
    assert.equal(await findBelow(store, engine.root, 'a'), undefined);
  });

  test('names are unique', async () => {
    await using engine = await startEngine(database);
    const twice = { id: 'twice', parentId: engine.root, name: 'ROOT' };
    await assert.rejects(insertAccount(engine.ctx.store, twice, 0), isDuplicate);
  });
});
