import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { changeKeyFile, writeKeyFile } from '../../../src/base/key-file.ts';
import { keyKinds, makeKeyRing, type KeyRing } from '../../../src/base/keys.ts';
import { createLiveRing } from '../../../src/base/live-ring.ts';
import { ringAt, withNextKeys, withoutKey } from '../../../src/base/rotation.ts';
import { createReload } from '../../../src/engine/upkeep/key-ring.ts';
import { checkKeyRing } from '../../../src/store/meta.ts';
import { onEachDatabase, type TestDatabase } from '../../../kit/databases.ts';
import { startEngine } from '../../../kit/test-engine.ts';
import { seededRandom } from '../../../kit/random.ts';

async function scene(database: TestDatabase) {
  const engine = await startEngine(database);
  const { ctx, ring, clock, lines } = engine;
  await checkKeyRing(ctx.store);
  const path = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
  const keysFile = join(path, 'keys.json');
  writeKeyFile(keysFile, ring, seededRandom());
  const live = createLiveRing(ring, clock);
  const reread = createReload(ctx, { ring: live, keysFile, loaded: ring, url: 'https://house.example' });
  const put = (changed: KeyRing) => void changeKeyFile(keysFile, () => changed);
  let read = 0;
  const said = () => {
    const more = lines.slice(read).map(({ level, message }) => `${level}: ${message}`);
    read = lines.length;
    return more;
  };
  return {
    engine,
    ring,
    clock,
    lines,
    keysFile,
    live,
    reread,
    put,
    said,
    rotating: withNextKeys(ring, keyKinds, clock.now() + 1000, seededRandom('rotating')),
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      rmSync(path, { recursive: true });
    },
  };
}

onEachDatabase('a key ring that is read again', (database) => {
  test('is what its file holds by now, and says so once', async () => {
    await using on = await scene(database);
    await on.reread();
    assert.deepEqual(on.said(), []);
    on.put(on.rotating);
    await on.reread();
    assert.deepEqual(on.live.current(), on.rotating);
    assert.deepEqual(on.lines[0]?.fields, {
      keys: Object.fromEntries(
        keyKinds.map((kind) => [kind, on.rotating[kind].map(({ id }, at) => `${id} ${at === 0 ? 'active' : 'next'}`)]),
      ),
    });
    assert.deepEqual(on.said(), ['info: key ring reloaded']);
    await on.reread();
    assert.deepEqual(on.said(), []);
  });

  test('loses a key that was retired and taken out', async () => {
    await using on = await scene(database);
    on.put(on.rotating);
    await on.reread();
    on.clock.tick(1000);
    on.put(withoutKey(ringAt(on.rotating, on.clock.now()), 'signing', on.ring.signing[0]?.id ?? ''));
    await on.reread();
    assert.equal(on.live.current().signing.length, 1);
  });

  const tampered: Readonly<Record<string, (on: Awaited<ReturnType<typeof scene>>) => void>> = {
    'is gone': ({ keysFile }) => rmSync(keysFile),
    'is cut short': ({ keysFile }) => writeFileSync(keysFile, readFileSync(keysFile).subarray(0, 100)),
    'is no ring': ({ keysFile }) => writeFileSync(keysFile, '{}'),
    'others can read': ({ keysFile }) => chmodSync(keysFile, 0o644),
    "is another server's": ({ put }) => put(makeKeyRing(seededRandom('another'))),
    'lacks the key that seals now': ({ put, ring, rotating, clock }) =>
      put(withoutKey(ringAt(rotating, clock.now() + 1000), 'sealing', ring.sealing[0]?.id ?? '')),
    'has another secret under the id of a key in use': ({ put, ring }) =>
      put({ ...ring, mac: ring.mac.map((key) => ({ ...key, secret: 'A'.repeat(43) })) }),
    'has another pair under the id of the key that signs': ({ put, ring }) => {
      const [other] = makeKeyRing(seededRandom('another')).signing;
      put({ ...ring, signing: ring.signing.map((key) => ({ ...key, jwk: other?.jwk ?? key.jwk })) });
    },
  };
  for (const [what, tamper] of Object.entries(tampered)) {
    test(`stays as it was where its file ${what}, says so once, and goes on when that is mended`, async () => {
      await using on = await scene(database);
      tamper(on);
      await on.reread();
      await on.reread();
      assert.deepEqual(on.live.current(), on.ring);
      assert.doesNotMatch(JSON.stringify(on.lines), new RegExp(on.ring.mac[0]?.secret ?? ''));
      assert.deepEqual(on.said(), ['error: key ring not reloaded']);
      rmSync(on.keysFile, { force: true });
      writeKeyFile(on.keysFile, on.rotating, seededRandom());
      await on.reread();
      assert.deepEqual(on.live.current(), on.rotating);
      assert.deepEqual(on.said(), ['info: key ring reloaded']);
    });
  }

  test('stays as it was where a ring lacks a key that sealed the proof, though it has the active ones', async () => {
    await using on = await scene(database);
    on.put(on.rotating);
    await on.reread();
    on.clock.tick(1000);
    // The server makes values with the new keys now; the proof is still sealed with the old one.
    on.put(withoutKey(ringAt(on.rotating, on.clock.now()), 'sealing', on.ring.sealing[0]?.id ?? ''));
    await on.reread();
    assert.equal(on.live.current().sealing.length, 2);
    assert.match(on.said().at(-1) ?? '', /key ring not reloaded/);
  });
});
