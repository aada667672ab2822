import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SetupError } from '../../src/base/fault.ts';
import { makeKeyRing, type KeyRing } from '../../src/base/keys.ts';
import { createSafe } from '../../src/base/seal.ts';
import { checkKeyRing, isFresh } from '../../src/store/meta.ts';
import { onEachDatabase, type Opened } from '../../kit/databases.ts';
import { seededRandom } from '../../kit/random.ts';

const random = seededRandom('meta');
const [ring, other] = [makeKeyRing(random), makeKeyRing(random)];

const check = ({ db }: Opened, keys: KeyRing) => checkKeyRing({ db, safe: createSafe(keys, random) });

const retired = <Key>(keys: readonly Key[]) => keys.map((key) => ({ ...key, state: 'retired' as const }));

const isMismatch = (error: unknown) => error instanceof SetupError && /key ring does not match/.test(error.message);

onEachDatabase('the check of the key ring', (database) => {
  test('passes at the first start and at every one after it', async () => {
    await using opened = await database.open();
    assert.equal(await isFresh(opened.db), true);
    await check(opened, ring);
    await check(opened, ring);
    assert.equal(await isFresh(opened.db), false);
  });

  test('passes on every node that starts at once', async () => {
    await using opened = await database.open();
    const nodes = [opened, opened.another()];
    await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        checkKeyRing({ db: (nodes[at % 2] ?? opened).db, safe: createSafe(ring, random) }),
      ),
    );
  });

  test('refuses another ring', async () => {
    await using opened = await database.open();
    await check(opened, ring);
    await assert.rejects(check(opened, other), isMismatch);
  });

  test('refuses a ring whose sealing keys are others', async () => {
    await using opened = await database.open();
    await check(opened, ring);
    await assert.rejects(check(opened, { ...ring, sealing: other.sealing }), isMismatch);
    const sameIds = ring.sealing.map((key, at) => ({ ...key, secret: other.sealing[at]?.secret ?? '' }));
    await assert.rejects(check(opened, { ...ring, sealing: sameIds }), isMismatch);
  });

  test('refuses a ring whose hashing keys are others', async () => {
    await using opened = await database.open();
    await check(opened, ring);
    await assert.rejects(check(opened, { ...ring, mac: other.mac }), isMismatch);
  });

  test('passes a ring whose keys were rotated while the old ones are kept', async () => {
    await using opened = await database.open();
    await check(opened, ring);
    const rotated = {
      ...ring,
      sealing: [...other.sealing, ...retired(ring.sealing)],
      mac: [...other.mac, ...retired(ring.mac)],
    };
    await check(opened, rotated);
    await assert.rejects(check(opened, { ...rotated, sealing: other.sealing }), isMismatch);
  });

  test('leaves no key in the database', async () => {
    await using opened = await database.open();
    await check(opened, ring);
    const text = JSON.stringify(await opened.db.selectFrom('meta').selectAll().execute());
    for (const { secret } of [...ring.sealing, ...ring.mac]) assert.ok(!text.includes(secret));
  });
});
