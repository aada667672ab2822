import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listTree } from '../../src/store/account-tree.ts';
import { insertAccount } from '../../src/store/accounts.ts';
import { insertAuthenticator } from '../../src/store/authenticators.ts';
import type { Role } from '../../src/store/lists.ts';
import { countUsersBelow } from '../../src/store/user-counts.ts';
import { insertUser } from '../../src/store/users.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { house, type House } from '../../kit/house.ts';

const now = Date.parse('2026-11-21T12:00:00Z');

async function add({ ctx }: House, accountId: string, name: string, roles: readonly Role[] = ['user']): Promise<void> {
  const profile = { name, email: null, phone: null, firstName: null, lastName: null, roles };
  await insertUser(ctx.store, { id: name, accountId, ...profile }, now);
}

async function give({ ctx }: House, userId: string, kind: string, status: 'active' | 'pending' = 'active') {
  const made = { id: `${kind} of ${userId} ${status}`, userId, kind, label: null, state: {}, status };
  await insertAuthenticator(ctx.store, made, now);
}

const countsOf = (all: Readonly<Record<string, readonly [users: number, administrators: number]>>) =>
  new Map(Object.entries(all).map(([id, [users, administrators]]) => [id, { users, administrators }]));

/** root → east → cellar, and west beside east. */
async function town(home: House) {
  for (const [id, parentId] of [
    ['east', home.root],
    ['cellar', 'east'],
    ['west', home.root],
  ] as const)
    await insertAccount(home.ctx.store, { id, parentId, name: id }, now);
  await add(home, home.root, 'rita', ['admin']);
  await add(home, 'east', 'eve', ['user', 'admin']);
  await add(home, 'east', 'ed', ['service', 'user']);
  await add(home, 'cellar', 'carol');
  await add(home, 'west', 'wim');
}

onEachDatabase('the store counts users', (database) => {
  test('of an account and all below it, by account, and the administrators among them', async () => {
    await using home = await house(database);
    const { store } = home.ctx;
    await town(home);
    assert.deepEqual(await countUsersBelow(store, 'east', null), countsOf({ east: [2, 1], cellar: [1, 0] }));
    assert.equal((await countUsersBelow(store, home.root, null)).size, 4);
  });

  test('who lack a kind of factor: one that is pending does not count, and one of another kind neither', async () => {
    await using home = await house(database);
    const { store } = home.ctx;
    await town(home);
    for (const [user, kind, status] of [
      ['eve', 'totp', 'active'],
      ['eve', 'totp', 'pending'],
      ['eve', 'sms', 'active'],
      ['ed', 'totp', 'pending'],
      ['ed', 'sms', 'active'],
    ] as const)
      await give(home, user, kind, status);
    assert.deepEqual(await countUsersBelow(store, 'east', 'totp'), countsOf({ east: [1, 0], cellar: [1, 0] }));
    assert.deepEqual(await countUsersBelow(store, 'east', 'sms'), countsOf({ cellar: [1, 0] }));
    assert.deepEqual(await countUsersBelow(store, 'east', 'email'), await countUsersBelow(store, 'east', null));
  });

  test('in a tree that is listed with each account after its parent', async () => {
    await using home = await house(database);
    await town(home);
    const east = { id: 'east', parentId: home.root };
    assert.deepEqual(await listTree(home.ctx.store, 'east'), [east, { id: 'cellar', parentId: 'east' }]);
    const [first, ...rest] = (await listTree(home.ctx.store, home.root)).map(({ id }) => id);
    assert.equal(first, home.root);
    assert.deepEqual([rest.length, rest.at(-1)], [3, 'cellar']);
  });
});
