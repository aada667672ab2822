import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hour } from '../../../src/base/clock.ts';
import { activeKey } from '../../../src/base/keys.ts';
import { renewRecoveryCodes } from '../../../src/engine/enrollment/recovery-codes.ts';
import { reseal, usesOf } from '../../../src/engine/operations.ts';
import { hashedColumns, sealedColumns } from '../../../src/store/key-columns.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap } from '../../../kit/test-engine.ts';
import { keyScene, rotated } from './key-scene.ts';

const places = (columns: readonly { readonly table: string; readonly column: string }[]) =>
  columns.map(({ table, column }) => `${table}.${column}`);

onEachDatabase('what names a key', (database) => {
  test('is told by the place, for sealing and for hashing', async () => {
    const { engine, ring } = await keyScene(database);
    await using _ = engine;
    const sealing = await usesOf(engine.ctx, 'sealing', activeKey(ring.sealing));
    assert.deepEqual(
      sealing.map(({ where }) => where),
      ['meta.value', ...places(sealedColumns)],
    );
    const mac = await usesOf(engine.ctx, 'mac', activeKey(ring.mac));
    // Nothing was pruned.
    const hashed = places(hashedColumns).filter((place) => !place.startsWith('attempt_chains.base'));
    assert.deepEqual(
      mac.map(({ where }) => where),
      ['meta.value', ...hashed, 'inside authenticators.state'],
    );
  });

  test('is nothing any more for a sealing key when all was sealed anew, and something still for a hashing key', async () => {
    const { engine, ring } = await keyScene(database);
    await using _ = engine;
    const after = rotated(ring, engine.clock.now());
    const node = await engine.node({ ring: after });
    for await (const { unreadable } of reseal(node.ctx.store, after)) assert.deepEqual(unreadable, []);
    assert.deepEqual(await usesOf(node.ctx, 'sealing', activeKey(ring.sealing)), []);
    const mac = await usesOf(node.ctx, 'mac', activeKey(ring.mac));
    assert.ok(mac.some(({ where }) => where === 'attempts.hash'));
    assert.ok(!mac.some(({ where }) => where === 'meta.value'));
  });

  test('counts recovery codes inside of states, until they are renewed', async () => {
    const { engine, ring, person } = await keyScene(database);
    await using _ = engine;
    const node = await engine.node({ ring: rotated(ring, engine.clock.now()) });
    const inside = async () =>
      (await usesOf(node.ctx, 'mac', activeKey(ring.mac))).find(({ where }) => where.startsWith('inside'))?.values ?? 0;
    const before = await inside();
    assert.ok(before >= 10);
    unwrap(await renewRecoveryCodes(node.ctx, await node.caller(person.token)));
    assert.equal(await inside(), before - 10);
  });

  test('are, for a signing key, the sessions that may have a token of it', async () => {
    const { engine, ring, person } = await keyScene(database);
    await using _ = engine;
    engine.clock.tick(5000);
    const after = rotated(ring, engine.clock.now());
    const node = await engine.node({ ring: after });
    const old = after.signing[0] ?? assert.fail();
    assert.deepEqual(await usesOf(node.ctx, 'signing', old), [{ where: 'sessions', values: 1 }]);
    engine.clock.tick(5000);
    await node.signIn(person.name, person.password, person.codes[0]);
    assert.deepEqual(await usesOf(node.ctx, 'signing', old), [{ where: 'sessions', values: 1 }]);
    assert.deepEqual(await usesOf(node.ctx, 'signing', activeKey(after.signing)), [{ where: 'sessions', values: 2 }]);
    engine.clock.tick(hour);
    assert.deepEqual(await usesOf(node.ctx, 'signing', old), []);
  });

  test('that can be refreshed count for as long as a token lives', async () => {
    const { engine, ring, person } = await keyScene(database);
    await using _ = engine;
    const { db } = engine.ctx.store;
    const [app] = await db.selectFrom('clients').select('id').execute();
    const longer = { client_id: app?.id ?? null, expires_at: engine.clock.now() + 30 * 24 * hour };
    await db.updateTable('sessions').set(longer).where('id', '=', person.caller.id).execute();
    engine.clock.tick(5000);
    const after = rotated(ring, engine.clock.now());
    const old = after.signing[0] ?? assert.fail();
    assert.deepEqual(await usesOf(engine.ctx, 'signing', old), [{ where: 'sessions', values: 1 }]);
    engine.clock.tick(hour + 1000);
    assert.deepEqual(await usesOf(engine.ctx, 'signing', old), []);
  });
});
