import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listTree } from '../../src/store/account-tree.ts';
import { insertAccount } from '../../src/store/accounts.ts';
import { insertAuthenticator } from '../../src/store/authenticators.ts';
import type { Role } from '../../src/store/lists.ts';
import { countUsersInTree } from '../../src/store/user-counts.ts';
import { insertUser } from '../../src/store/users.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine, type TestEngine } from '../../kit/test-engine.ts';

const now = Date.parse('2026-11-21T12:00:00Z');

async function add(
  { ctx }: TestEngine,
  accountId: string,
  name: string,
  roles: readonly Role[] = ['user'],
): Promise<void> {
  const profile = { name, email: null, phone: null, firstName: null, lastName: null, roles };
  await insertUser(ctx.store, { id: name, accountId, ...profile }, now);
}

async function give({ ctx }: TestEngine, userId: string, kind: string, status: 'active' | 'pending' = 'active') {
  const made = { id: `${kind} of ${userId} ${status}`, userId, kind, label: null, state: {}, status };
  await insertAuthenticator(ctx.store, made, now);
}

const countsOf = (all: Readonly<Record<string, readonly [users: number, administrators: number, services: number]>>) =>
  new Map(
    Object.entries(all).map(([id, [users, administrators, services]]) => [id, { users, administrators, services }]),
  );

/** root → east → cellar, and west beside east. */
async function town(engine: TestEngine) {
  for (const [id, parentId] of [
    ['east', engine.root],
    ['cellar', 'east'],
    ['west', engine.root],
  ] as const)
    await insertAccount(engine.ctx.store, { id, parentId, name: id }, now);
  await add(engine, engine.root, 'rita', ['admin']);
  await add(engine, 'east', 'eve', ['user', 'admin']);
  await add(engine, 'east', 'ed', ['service', 'user']);
  await add(engine, 'cellar', 'carol', ['service']);
  await add(engine, 'west', 'wim');
}

onEachDatabase('the store counts users', (database) => {
  test('of an account and all below it, by account, and the administrators and services among them', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await town(engine);
    assert.deepEqual(await countUsersInTree(store, 'east', null), countsOf({ east: [2, 1, 0], cellar: [1, 0, 1] }));
    assert.equal((await countUsersInTree(store, engine.root, null)).size, 4);
  });

  test('who lack a kind of factor: one that is pending does not count, and one of another kind neither', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await town(engine);
    for (const [user, kind, status] of [
      ['eve', 'totp', 'active'],
      ['eve', 'totp', 'pending'],
      ['eve', 'sms', 'active'],
      ['ed', 'totp', 'pending'],
      ['ed', 'sms', 'active'],
    ] as const)
      await give(engine, user, kind, status);
    assert.deepEqual(await countUsersInTree(store, 'east', 'totp'), countsOf({ east: [1, 0, 0], cellar: [1, 0, 1] }));
    assert.deepEqual(await countUsersInTree(store, 'east', 'sms'), countsOf({ cellar: [1, 0, 1] }));
    assert.deepEqual(await countUsersInTree(store, 'east', 'email'), await countUsersInTree(store, 'east', null));
  });

  test('in a tree that is listed with each account after its parent', async () => {
    await using engine = await startEngine(database);
    await town(engine);
    const east = { id: 'east', parentId: engine.root };
    assert.deepEqual(await listTree(engine.ctx.store, 'east'), [east, { id: 'cellar', parentId: 'east' }]);
    const [first, ...rest] = (await listTree(engine.ctx.store, engine.root)).map(({ id }) => id);
    assert.equal(first, engine.root);
    assert.deepEqual([rest.length, rest.at(-1)], [3, 'cellar']);
  });
});
