import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authenticate, countToReseal, reseal, verifyChains } from '../../../src/engine/operations.ts';
import { sealedColumns } from '../../../src/store/key-columns.ts';
import { checkKeyRing, keysOfProof } from '../../../src/store/meta.ts';
import { findUser } from '../../../src/store/users.ts';
import { withoutKey } from '../../../src/base/rotation.ts';
import { activeKey, type KeyRing } from '../../../src/base/keys.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, type TestEngine } from '../../../kit/test-engine.ts';
import { keyScene, rotated } from './key-scene.ts';

async function all(engine: TestEngine, ring: KeyRing): Promise<{ values: number; unreadable: readonly string[] }> {
  const said = { values: 0, unreadable: [] as string[] };
  for await (const { values, unreadable } of reseal(engine.ctx.store, ring)) {
    said.values += values;
    said.unreadable.push(...unreadable);
  }
  return said;
}

onEachDatabase('resealing', (database) => {
  test('leaves nothing that the old key has sealed, and everything opens without it', async () => {
    const { engine, ring, person, apikey } = await keyScene(database);
    await using _ = engine;
    const after = rotated(ring, engine.clock.now());
    const node = await engine.node({ ring: after });
    const before = await countToReseal(node.ctx.store, after);
    assert.ok(before >= sealedColumns.length);
    assert.deepEqual(await all(node, after), { values: before, unreadable: [] });
    assert.equal(await countToReseal(node.ctx.store, after), 0);

    const left = withoutKey(after, 'sealing', ring.sealing[0]?.id ?? '');
    const later = await engine.node({ ring: left });
    await checkKeyRing(later.ctx.store);
    assert.equal((await findUser(later.ctx.store, person.user.id))?.phone, person.user.phone);
    engine.clock.tick(60_000);
    assert.ok(await later.signIn(person.name, person.password, engine.codeFor(person.seed)));
    assert.ok(await later.signIn(person.name, person.password, person.codes[0]));
    assert.equal(unwrap(await later.logIn(person.name, apikey)).state, 'session');
    assert.equal((await authenticate(later.ctx, person.token)).ok, true);
    for await (const { finding } of verifyChains(later.ctx, undefined, () => {})) assert.equal(finding, undefined);
  });

  test('a second time finds nothing to do', async () => {
    const { engine, ring } = await keyScene(database);
    await using _ = engine;
    const after = rotated(ring, engine.clock.now());
    const node = await engine.node({ ring: after });
    await all(node, after);
    const kept = await engine.ctx.store.db.selectFrom('authenticators').selectAll().execute();
    assert.deepEqual(await all(node, after), { values: 0, unreadable: [] });
    assert.deepEqual(await engine.ctx.store.db.selectFrom('authenticators').selectAll().execute(), kept);
  });

  test('writes over what it read only: who is first keeps what they wrote', async () => {
    const { engine, person } = await keyScene(database);
    await using _ = engine;
    const { db, safe } = engine.ctx.store;
    const [phones] = sealedColumns;
    const [read] = (await phones?.page(db, 'none', '', 1)) ?? [];
    if (!phones || !read) assert.fail('there is no sealed number');
    const changed = safe.seal(read.place, '+12025550199');
    await db.updateTable('users').set({ phone: changed }).where('id', '=', person.user.id).execute();
    assert.equal(await phones.replace(db, read, safe.seal(read.place, '+12025550123')), false);
    assert.equal((await findUser(engine.ctx.store, person.user.id))?.phone, '+12025550199');
    assert.equal(await phones.replace(db, { ...read, sealed: changed }, read.sealed), true);
  });

  test('names what no key opens, leaves it as it is and goes on', async () => {
    const { engine, ring, person } = await keyScene(database);
    await using _ = engine;
    const { db } = engine.ctx.store;
    const broken = `${ring.sealing[0]?.id}.AAAA`;
    await db.updateTable('users').set({ phone: broken }).where('id', '=', person.user.id).execute();
    const after = rotated(ring, engine.clock.now());
    const { unreadable } = await all(await engine.node({ ring: after }), after);
    assert.deepEqual(unreadable, [`users.phone ${person.user.id}`]);
    const row = await db.selectFrom('users').select('phone').where('id', '=', person.user.id).executeTakeFirst();
    assert.equal(row?.phone, broken);
    assert.equal(await countToReseal(engine.ctx.store, after), 1);
  });

  test('goes through more than a page', async () => {
    const { engine, ring } = await keyScene(database);
    await using _ = engine;
    for (let at = 0; at < 120; at += 1) await engine.addUser({ name: `user ${at}`, phone: '+12025550123' });
    const after = rotated(ring, engine.clock.now());
    assert.ok((await all(await engine.node({ ring: after }), after)).values > 120);
    assert.equal(await countToReseal(engine.ctx.store, after), 0);
  });

  test('makes the proof of the ring anew, so that a node without the new keys does not start', async () => {
    const { engine, ring } = await keyScene(database);
    await using _ = engine;
    const after = rotated(ring, engine.clock.now());
    await checkKeyRing(engine.ctx.store);
    await all(await engine.node({ ring: after }), after);
    const made = { sealing: activeKey(after.sealing).id, mac: activeKey(after.mac).id };
    assert.deepEqual(await keysOfProof(engine.ctx.store.db), made);
    await assert.rejects(checkKeyRing(engine.ctx.store), /does not match/);
  });
});
