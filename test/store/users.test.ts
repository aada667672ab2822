import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDuplicate } from '../../src/store/store.ts';
import {
  advanceEpoch,
  deleteUser,
  findUser,
  findUserByLogin,
  insertUser,
  updateProfile,
  type Profile,
} from '../../src/store/users.ts';
import { listUsers } from '../../src/store/list-users.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine, winners, type TestEngine } from '../../kit/test-engine.ts';

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

const add = (
  { ctx, root }: TestEngine,
  name: string,
  more: Partial<Profile & { id: string; accountId: string }> = {},
) => insertUser(ctx.store, { id: `id of ${name}`, accountId: root, ...profileOf(name, more), ...more }, now);

/** The id of whom a login means. */
async function meant({ ctx, root }: TestEngine, login: string, account = root): Promise<string | undefined> {
  return (await findUserByLogin(ctx.store, account, login))?.id;
}

onEachDatabase('the store keeps users', (database) => {
  test('one is read as they were written, with numbers for instants and counts', async () => {
    await using engine = await startEngine(database);
    const profile = profileOf('Ada', {
      email: 'Ada@Example.org',
      phone: '+12025550123',
      firstName: 'Ada',
      lastName: 'Lovelace',
      roles: ['admin', 'user'],
    });
    await add(engine, 'Ada', profile);
    assert.deepEqual(await findUser(engine.ctx.store, 'id of Ada'), {
      id: 'id of Ada',
      accountId: engine.root,
      ...profile,
      verified: false,
      enabled: true,
      isActive: true,
      serviceId: null,
      epoch: 0,
      createdAt: now,
      updatedAt: now,
      version: 0,
    });
    assert.equal(await findUser(engine.ctx.store, 'id of Bob'), undefined);
  });

  test('a login means a user by name, by id or by e-mail address, and names and addresses without case', async () => {
    await using engine = await startEngine(database);
    await add(engine, 'Straße', { email: 'Ada@Example.org' });
    for (const login of ['Straße', 'STRAßE', 'ｓｔｒａße', 'id of Straße', 'ada@example.org', 'ADA@EXAMPLE.ORG']) {
      assert.equal(await meant(engine, login), 'id of Straße', login);
    }
    for (const login of ['strasse', 'ID OF STRASSE', 'id of straße', 'ada@example', '']) {
      assert.equal(await meant(engine, login), undefined, login);
    }
  });

  test("a name comes before an id and an id before an address, so nobody takes another's login over by writing it down", async () => {
    await using engine = await startEngine(database);
    await add(engine, 'ada', { id: 'b' });
    await add(engine, 'bob', { id: 'ada', email: 'ada' });
    await add(engine, 'carl', { id: 'c', email: 'b' });
    assert.equal(await meant(engine, 'ada'), 'b');
    assert.equal(await meant(engine, 'b'), 'b');
    assert.equal(await meant(engine, 'bob'), 'ada');
  });

  test('an address that several users have names nobody', async () => {
    await using engine = await startEngine(database);
    await add(engine, 'ada', { email: 'us@example.org' });
    assert.equal(await meant(engine, 'us@example.org'), 'id of ada');
    await add(engine, 'bob', { email: 'US@example.org' });
    assert.equal(await meant(engine, 'us@example.org'), undefined);
    assert.equal(await meant(engine, 'ada'), 'id of ada');
  });

  test('however many write a name or an id into their address, its owner is found', async () => {
    await using engine = await startEngine(database);
    for (let at = 0; at < 6; at += 1)
      await add(engine, `a${at}`, { id: `a${at}`, email: at % 2 === 0 ? 'victim' : 'z' });
    await add(engine, 'victim', { id: 'z' });
    assert.equal(await meant(engine, 'victim'), 'z');
    assert.equal(await meant(engine, 'z'), 'z');
  });

  test('names are unique in an account and free in another', async () => {
    await using engine = await startEngine(database);
    const other = await engine.addAccount('other');
    await add(engine, 'ada', { id: 'a' });
    await assert.rejects(add(engine, 'ADA', { id: 'b' }), isDuplicate);
    await assert.rejects(add(engine, 'ａｄａ', { id: 'b' }), isDuplicate);
    await add(engine, 'ada', { id: 'b', accountId: other });
    assert.equal(await meant(engine, 'ada'), 'a');
    assert.equal(await meant(engine, 'ada', other), 'b');
    assert.equal(await meant(engine, 'b'), undefined);
  });

  test('a list holds the users of one account in the order in which they came, a page at a time', async () => {
    await using engine = await startEngine(database);
    const other = await engine.addAccount('other');
    for (const name of ['c', 'a', 'd', 'b']) await add(engine, name, { id: name });
    await add(engine, 'e', { accountId: other });
    const page = async (limit: number, skip: number) =>
      (await listUsers(engine.ctx.store, engine.root, { limit, skip })).map(({ id }) => id);
    assert.deepEqual(await page(10, 0), ['a', 'b', 'c', 'd']);
    assert.deepEqual(await page(2, 1), ['b', 'c']);
    assert.deepEqual(await page(2, 4), []);
  });

  test('a profile is written over the version it was read at', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const user = await engine.addUser({
      name: 'ada',
      email: 'a@example.org',
      phone: '+12025550123',
      password: 'a good password',
    });
    const bob = await engine.addUser({ name: 'bob' });
    const changed = profileOf('Eve', {
      email: 'e@example.org',
      phone: '+12025550124',
      firstName: 'E',
      roles: ['service'],
    });
    assert.equal(await updateProfile(store, user, changed, later), true);
    assert.deepEqual(await findUser(store, user.id), { ...user, ...changed, updatedAt: later, version: 1 });
    assert.deepEqual(await findUser(store, bob.id), bob);
    assert.equal(await meant(engine, 'eve'), user.id);
    assert.equal(await meant(engine, 'E@example.org'), user.id);
    assert.equal(await meant(engine, 'ada'), undefined);
  });

  test('a profile is not written over a version that is over, nor for nobody', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const user = await engine.addUser({ name: 'ada' });
    assert.equal(await updateProfile(store, { ...user, id: 'nobody' }, profileOf('eve'), later), false);
    assert.equal(await updateProfile(store, user, profileOf('eve'), later), true);
    assert.equal(await updateProfile(store, user, profileOf('mallory'), later), false);
    assert.equal((await findUser(store, user.id))?.name, 'eve');
  });

  test('of sixteen that write a profile at once, one does', async () => {
    await using engine = await startEngine(database);
    const stores = [engine.ctx.store, (await engine.node()).ctx.store];
    const user = await engine.addUser({ name: 'ada' });
    const write = (at: number) =>
      updateProfile(stores[at % 2] ?? engine.ctx.store, user, profileOf(`ada ${at}`), later);
    assert.equal(await winners(16, write), 1);
  });

  test('an epoch moves on from where it was, by one, and for one user', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada, bob] = [await engine.addUser({ name: 'ada' }), await engine.addUser({ name: 'bob' })];
    assert.equal(await advanceEpoch(store, 'nobody', 0), false);
    assert.equal(await advanceEpoch(store, ada.id, 1), false);
    assert.equal(await advanceEpoch(store, ada.id, 0), true);
    assert.equal(await advanceEpoch(store, ada.id, 0), false);
    assert.deepEqual(await findUser(store, ada.id), { ...ada, epoch: 1 });
    assert.deepEqual(await findUser(store, bob.id), bob);
  });

  test('of sixteen that move an epoch on at once, one does', async () => {
    await using engine = await startEngine(database);
    const stores = [engine.ctx.store, (await engine.node()).ctx.store];
    const { id } = await engine.addUser({ name: 'ada' });
    assert.equal(await winners(16, (at) => advanceEpoch(stores[at % 2] ?? engine.ctx.store, id, 0)), 1);
    assert.equal((await findUser(engine.ctx.store, id))?.epoch, 1);
  });

  test('one is removed once, and nobody else', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [ada, bob] = [await engine.addUser({ name: 'ada' }), await engine.addUser({ name: 'bob' })];
    assert.equal(await winners(16, () => deleteUser(store, ada.id)), 1);
    assert.equal(await findUser(store, ada.id), undefined);
    assert.deepEqual(await findUser(store, bob.id), bob);
  });

  test("a phone number is sealed, and opens in no other user's row", async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await add(engine, 'ada', { phone: '+12025550123' });
    await add(engine, 'bob', { phone: '+12025550199' });
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
