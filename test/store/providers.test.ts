import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { timeOrderedHex } from '../../src/base/random.ts';
import {
  deleteProvider,
  findProvider,
  findSystemProvider,
  lockProvider,
  insertProvider,
  listProviders,
  listProvidersDownTo,
  updateProvider,
  type NewProvider,
} from '../../src/store/providers.ts';
import { insertAccount } from '../../src/store/accounts.ts';
import { isDuplicate, isReferenced } from '../../src/store/store.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine, type TestEngine } from '../../kit/test-engine.ts';

const newProvider = ({ ctx, root }: TestEngine, more: Partial<NewProvider> = {}): NewProvider => ({
  id: timeOrderedHex(ctx.random, ctx.clock.now()),
  accountId: root,
  providerName: 'duo',
  name: null,
  enabled: true,
  settings: { secret_key: 'what nobody may read', duo_expire: 300 },
  ...more,
});

async function kept(engine: TestEngine, more: Partial<NewProvider> = {}) {
  engine.clock.tick(1);
  const made = newProvider(engine, more);
  await insertProvider(engine.ctx.store, made, engine.clock.now());
  return { ...made, revision: 0 };
}

const refer = ({ ctx, root }: TestEngine, id: string, db = ctx.store.db) =>
  db
    .insertInto('security')
    .values({
      account_id: root,
      auth_modules: JSON.stringify({ user_auth: { multi_factor: { enabled: true, configuration_id: id } } }),
      updated_at: 0,
    })
    .execute();

onEachDatabase('the store keeps providers', (database) => {
  test('as they were written, each in its account or in the system', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const child = await engine.addAccount('child');
    const [own, childs, systems] = [
      await kept(engine, { name: 'ours' }),
      await kept(engine, { accountId: child, enabled: false, settings: {} }),
      await kept(engine, { accountId: null }),
    ];
    for (const one of [own, childs, systems]) {
      assert.deepEqual(await findProvider(store, one), one);
      assert.deepEqual(await listProviders(store, one.accountId), [one]);
      for (const accountId of [engine.root, child, null].filter((id) => id !== one.accountId))
        assert.equal(await findProvider(store, { accountId, id: one.id }), undefined);
    }
    assert.deepEqual(await findSystemProvider(store, 'duo'), systems);
    assert.equal(await findSystemProvider(store, 'totp'), undefined);
  });

  test('one of each kind for the system, any number for an account that is there', async () => {
    await using engine = await startEngine(database);
    await kept(engine, { accountId: null });
    await kept(engine, { accountId: null, providerName: 'totp' });
    await assert.rejects(kept(engine, { accountId: null }), isDuplicate);
    const two = [await kept(engine), await kept(engine)];
    assert.deepEqual(await listProviders(engine.ctx.store, engine.root), two);
    await assert.rejects(kept(engine, { accountId: '0'.repeat(32) }), isReferenced);
  });

  test('a change is written over the revision it was made from, and no other', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const made = await kept(engine);
    const next = { name: 'another', enabled: false, settings: { secret_key: 'a new one' } };
    assert.equal(await updateProvider(store, made, next, 1), true);
    assert.equal(await updateProvider(store, made, { ...next, name: 'too late' }, 2), false);
    assert.deepEqual(await findProvider(store, made), { ...made, ...next, revision: 1 });
    assert.equal(await deleteProvider(store, made), 'raced');
    assert.equal(await deleteProvider(store, { ...made, revision: 1 }), 'done');
    assert.equal(await findProvider(store, made), undefined);
  });

  test('settings are sealed for their own row, account and kind', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const child = await engine.addAccount('child');
    const [made, other] = [await kept(engine), await kept(engine)];
    const rows = await store.db.selectFrom('providers').selectAll().execute();
    assert.ok(!JSON.stringify(rows).includes('nobody may read'));
    const setting = (id: string, values: object) =>
      store.db.updateTable('providers').set(values).where('id', '=', id).execute();
    await setting(other.id, { settings: rows.find(({ id }) => id === made.id)?.settings });
    await assert.rejects(findProvider(store, other));
    await setting(made.id, { provider_name: 'totp' });
    await assert.rejects(findProvider(store, made));
    for (const account_id of [child, null]) {
      await setting(made.id, { provider_name: 'duo', account_id });
      await assert.rejects(findProvider(store, { ...made, accountId: account_id }));
    }
  });

  test('one that an account’s security refers to is not removed', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [made, other] = [await kept(engine), await kept(engine)];
    await refer(engine, made.id);
    const remove = (one: typeof made) =>
      store.db.transaction().execute(async (db) => deleteProvider({ ...store, db }, one));
    assert.equal(await remove(made), 'in_use');
    assert.equal(await remove(other), 'done');
    assert.ok(await findProvider(store, made));
  });

  test('nor is one that another transaction is about to refer to', async () => {
    await using engine = await startEngine(database);
    const node = await engine.node();
    const made = await kept(engine);
    const { store } = engine.ctx;
    const removing = await store.db.transaction().execute(async (db) => {
      assert.equal(await lockProvider({ ...store, db }, made), true);
      const begun = { removal: removal(node, made) };
      // It gets as far as it can.
      if (database.flavour === 'postgres') await sql`select pg_sleep(0.2)`.execute(db);
      await refer(engine, made.id, db);
      return begun;
    });
    assert.equal(await removing.removal, 'in_use');
    assert.ok(await findProvider(store, made));
    assert.equal(await lockProvider(store, { ...made, accountId: null }), false);
  });

  test('those of one kind that may be used are those of the system, of an account and of all above it', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    for (const id of ['east', 'west']) await insertAccount(store, { id, parentId: engine.root, name: id }, 0);
    const sms = { providerName: 'sms', settings: {} };
    const [system, above, own] = [
      await kept(engine, { ...sms, accountId: null }),
      await kept(engine, sms),
      await kept(engine, { ...sms, accountId: 'east' }),
    ];
    await kept(engine, { ...sms, accountId: 'west' });
    await kept(engine, { ...sms, accountId: 'east', enabled: false });
    await kept(engine, { accountId: 'east' });
    const ids = (await listProvidersDownTo(store, 'east', 'sms')).map(({ id }) => id);
    assert.deepEqual(ids.toSorted(), [system.id, above.id, own.id].toSorted());
  });

  test('a change touches one, and so does holding one', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const [one, other] = [await kept(engine), await kept(engine)];
    assert.equal(await updateProvider(store, one, { ...one, name: 'changed' }, 1), true);
    const names = [(await findProvider(store, one))?.name, (await findProvider(store, other))?.name];
    assert.deepEqual(names, ['changed', null]);
    assert.equal(await lockProvider(store, { ...one, id: 'another' }), false);
    assert.equal(await lockProvider(store, one), true);
  });
});

const removal = ({ ctx: { store } }: TestEngine, made: Parameters<typeof deleteProvider>[1]) =>
  store.db.transaction().execute(async (db) => deleteProvider({ ...store, db }, made));
