import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDuplicate } from '../../src/store/store.ts';
import {
  advanceEpoch,
  deleteUser,
  findUser,
  findUserByLogin,
  insertUser,
  listUsers,
  updateProfile,
  type Profile,
} from '../../src/store/users.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { house, winners, type House } from '../../kit/house.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const later = now + 60_000;

const profileOf = (name: string, more: Partial<Profile> = {}): Profile => ({
  name,
  email: null,
  phone: null,
  firstName: null,
  lastName: null,
  roles: ['user'],
  ...more,
});

const add = ({ ctx, root }: House, name: string, more: Partial<Profile & { id: string; accountId: string }> = {}) =>
  insertUser(ctx.store, { id: `id of ${name}`, accountId: root, ...profileOf(name, more), ...more }, now);

/** The id of whom a login means. */
async function meant({ ctx, root }: House, login: string, account = root): Promise<string | undefined> {
  return (await findUserByLogin(ctx.store, account, login))?.id;
}

onEachDatabase('the store keeps users', (database) => {
  test('one is read as they were written, with numbers for instants and counts', async () => {
    await using home = await house(database);
    const profile = profileOf('Ada', {
      email: 'Ada@Example.org',
      phone: '+12025550123',
      firstName: 'Ada',
      lastName: 'Lovelace',
      roles: ['admin', 'user'],
    });
    await add(home, 'Ada', profile);
    assert.deepEqual(await findUser(home.ctx.store, 'id of Ada'), {
      id: 'id of Ada',
      accountId: home.root,
      ...profile,
      verified: false,
      serviceId: null,
      epoch: 0,
      createdAt: now,
      updatedAt: now,
      version: 0,
    });
    assert.equal(await findUser(home.ctx.store, 'id of Bob'), undefined);
  });

  test('a login means a user by name, by id or by e-mail address, and names and addresses without case', async () => {
    await using home = await house(database);
    await add(home, 'Straße', { email: 'Ada@Example.org' });
    for (const login of ['Straße', 'STRAßE', 'ｓｔｒａße', 'id of Straße', 'ada@example.org', 'ADA@EXAMPLE.ORG']) {
      assert.equal(await meant(home, login), 'id of Straße', login);
    }
    for (const login of ['strasse', 'ID OF STRASSE', 'id of straße', 'ada@example', '']) {
      assert.equal(await meant(home, login), undefined, login);
    }
  });

  test("a name comes before an id and an id before an address, so nobody takes another's login over by writing it down", async () => {
    await using home = await house(database);
    await add(home, 'ada', { id: 'b' });
    await add(home, 'bob', { id: 'ada', email: 'ada' });
    await add(home, 'carl', { id: 'c', email: 'b' });
    assert.equal(await meant(home, 'ada'), 'b');
    assert.equal(await meant(home, 'b'), 'b');
    assert.equal(await meant(home, 'bob'), 'ada');
  });

  test('an address that several users have names nobody', async () => {
    await using home = await house(database);
    await add(home, 'ada', { email: 'us@example.org' });
    assert.equal(await meant(home, 'us@example.org'), 'id of ada');
    await add(home, 'bob', { email: 'US@example.org' });
    assert.equal(await meant(home, 'us@example.org'), undefined);
    assert.equal(await meant(home, 'ada'), 'id of ada');
  });

  test('however many write a name or an id into their address, its owner is found', async () => {
    await using home = await house(database);
    for (let at = 0; at < 6; at += 1) await add(home, `a${at}`, { id: `a${at}`, email: at % 2 === 0 ? 'victim' : 'z' });
    await add(home, 'victim', { id: 'z' });
    assert.equal(await meant(home, 'victim'), 'z');
    assert.equal(await meant(home, 'z'), 'z');
  });

  test('names are unique in an account and free in another', async () => {
    await using home = await house(database);
    const other = await home.addAccount('other');
    await add(home, 'ada', { id: 'a' });
    await assert.rejects(add(home, 'ADA', { id: 'b' }), isDuplicate);
    await assert.rejects(add(home, 'ａｄａ', { id: 'b' }), isDuplicate);
    await add(home, 'ada', { id: 'b', accountId: other });
    assert.equal(await meant(home, 'ada'), 'a');
    assert.equal(await meant(home, 'ada', other), 'b');
    assert.equal(await meant(home, 'b'), undefined);
  });

  test('a list holds the users of one account in the order in which they came, a page at a time', async () => {
    await using home = await house(database);
    const other = await home.addAccount('other');
    for (const name of ['c', 'a', 'd', 'b']) await add(home, name, { id: name });
    await add(home, 'e', { accountId: other });
    const page = async (limit: number, skip: number) =>
      (await listUsers(home.ctx.store, home.root, limit, skip)).map(({ id }) => id);
    assert.deepEqual(await page(10, 0), ['a', 'b', 'c', 'd']);
    assert.deepEqual(await page(2, 1), ['b', 'c']);
    assert.deepEqual(await page(2, 4), []);
  });

  test('a profile is written over the version it was read at', async () => {
    await using home = await house(database);
    const { store } = home.ctx;
    const user = await home.addUser({
      name: 'ada',
      email: 'a@example.org',
      phone: '+12025550123',
      password: 'a good password',
    });
    const bob = await home.addUser({ name: 'bob' });
    const changed = profileOf('Eve', {
      email: 'e@example.org',
      phone: '+12025550124',
      firstName: 'E',
      roles: ['service'],
    });
    assert.equal(await updateProfile(store, user, changed, later), true);
    assert.deepEqual(await findUser(store, user.id), { ...user, ...changed, updatedAt: later, version: 1 });
    assert.deepEqual(await findUser(store, bob.id), bob);
    assert.equal(await meant(home, 'eve'), user.id);
    assert.equal(await meant(home, 'E@example.org'), user.id);
    assert.equal(await meant(home, 'ada'), undefined);
  });

  test('a profile is not written over a version that is over, nor for nobody', async () => {
    await using home = await house(database);
    const { store } = home.ctx;
    const user = await home.addUser({ name: 'ada' });
    assert.equal(await updateProfile(store, { ...user, id: 'nobody' }, profileOf('eve'), later), false);
    assert.equal(await updateProfile(store, user, profileOf('eve'), later), true);
    assert.equal(await updateProfile(store, user, profileOf('mallory'), later), false);
    assert.equal((await findUser(store, user.id))?.name, 'eve');
  });

  test('of sixteen that write a profile at once, one does', async () => {
    await using home = await house(database);
    const stores = [home.ctx.store, (await home.node()).ctx.store];
    const user = await home.addUser({ name: 'ada' });
    const write = (at: number) => updateProfile(stores[at % 2] ?? home.ctx.store, user, profileOf(`ada ${at}`), later);
    assert.equal(await winners(16, write), 1);
  });

  test('an epoch moves on from where it was, by one, and for one user', async () => {
    await using home = await house(database);
    const { store } = home.ctx;
    const [ada, bob] = [await home.addUser({ name: 'ada' }), await home.addUser({ name: 'bob' })];
    assert.equal(await advanceEpoch(store, 'nobody', 0), false);
    assert.equal(await advanceEpoch(store, ada.id, 1), false);
    assert.equal(await advanceEpoch(store, ada.id, 0), true);
    assert.equal(await advanceEpoch(store, ada.id, 0), false);
    assert.deepEqual(await findUser(store, ada.id), { ...ada, epoch: 1 });
    assert.deepEqual(await findUser(store, bob.id), bob);
  });

  test('of sixteen that move an epoch on at once, one does', async () => {
    await using home = await house(database);
    const stores = [home.ctx.store, (await home.node()).ctx.store];
    const { id } = await home.addUser({ name: 'ada' });
    assert.equal(await winners(16, (at) => advanceEpoch(stores[at % 2] ?? home.ctx.store, id, 0)), 1);
    assert.equal((await findUser(home.ctx.store, id))?.epoch, 1);
  });

  test('one is removed once, and nobody else', async () => {
    await using home = await house(database);
    const { store } = home.ctx;
    const [ada, bob] = [await home.addUser({ name: 'ada' }), await home.addUser({ name: 'bob' })];
    assert.equal(await winners(16, () => deleteUser(store, ada.id)), 1);
    assert.equal(await findUser(store, ada.id), undefined);
    assert.deepEqual(await findUser(store, bob.id), bob);
  });

  test("a phone number is sealed, and opens in no other user's row", async () => {
    await using home = await house(database);
    const { store } = home.ctx;
    await add(home, 'ada', { phone: '+12025550123' });
    await add(home, 'bob', { phone: '+12025550199' });
    const [ada, bob] = await store.db.selectFrom('users').select('phone').orderBy('id').execute();
    assert.doesNotMatch(JSON.stringify([ada, bob]), /20255501/);
    await store.db
      .updateTable('users')
      .set({ phone: bob?.phone ?? '' })
      .where('name', '=', 'ada')
      .execute();
    await assert.rejects(findUser(store, 'id of ada'));
  });
});
