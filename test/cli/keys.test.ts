import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { hour, minute } from '../../src/base/clock.ts';
import { readKeyFile } from '../../src/base/key-file.ts';
import { keyKinds, type KeyKind, type KeyRing } from '../../src/base/keys.ts';
import { createCountersign } from '../../src/countersign.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { cheapCost } from '../../kit/hasher.ts';
import { countersign, outputOf, errorLineOf, newFolder } from '../../kit/process.ts';

describe('keys make', { concurrency: 2 }, () => {
  test('makes a key ring that only its owner can read, where COUNTERSIGN_KEYS says', async () => {
    const folder = newFolder();
    const env = { COUNTERSIGN_KEYS: join(folder, 'secrets', 'ring.json') };
    const { code, stdout, stderr } = await countersign(['keys', 'make'], { folder, env });
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^created the key ring .*ring\.json: back it up/);
    assert.equal(statSync(env.COUNTERSIGN_KEYS).mode & 0o777, 0o600);
    assert.deepEqual([readdirSync(folder), readdirSync(join(folder, 'secrets'))], [['secrets'], ['ring.json']]);
    const ring = readKeyFile(env.COUNTERSIGN_KEYS);
    for (const key of ring?.sealing ?? assert.fail('there is no key ring')) assert.ok(!stdout.includes(key.secret));
  });

  test('leaves a key ring that is there as it is', async () => {
    const folder = newFolder();
    await countersign(['keys', 'make'], { folder });
    const file = join(folder, 'data', 'keys.json');
    const before = readFileSync(file);
    assert.match(
      errorLineOf(await countersign(['keys', 'make'], { folder }), 1),
      /exists already and was not changed$/,
    );
    assert.deepEqual(readFileSync(file), before);
  });

  test('asked for by many at once makes one, and tells the others', async () => {
    const folder = newFolder();
    const ended = await Promise.all([1, 2, 3].map(() => countersign(['keys', 'make'], { folder })));
    const refused = ended.filter(({ code }) => code !== 0);
    assert.equal(refused.length, 2);
    for (const one of refused) assert.match(errorLineOf(one, 1), /exists already and was not changed$/);
    assert.deepEqual(readdirSync(join(folder, 'data')), ['keys.json']);
  });
});

/** A folder with a ring whose server was here once. */
async function folderWithRing(): Promise<{ folder: string; file: string; ring: () => KeyRing }> {
  const folder = newFolder();
  const file = join(folder, 'data', 'keys.json');
  const options = await createCountersign({
    database: `sqlite:${join(folder, 'data', 'countersign.db')}`,
    keysFile: file,
    url: 'http://localhost',
    hashCost: cheapCost,
  });
  await options.close();
  return { folder, file, ring: () => readKeyFile(file) ?? assert.fail('there is no ring') };
}

/** Says that the next keys became active, and those before them were retired, at an instant. */
function become(file: string, activeFrom: number): void {
  const past = new Date(activeFrom).toISOString();
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/"active_from": "[^"]*"/g, `"active_from": "${past}"`));
}

describe('keys rotate', { concurrency: 2 }, () => {
  test('adds a key of each kind, which is next for ten minutes, and says so without a secret', async () => {
    const { folder, ring } = await folderWithRing();
    const before = ring();
    const said = outputOf(await countersign(['keys', 'rotate'], { folder }));
    for (const kind of keyKinds) {
      const [first, added, ...more] = ring()[kind];
      assert.deepEqual([first, added?.state, more], [before[kind][0], 'next', []]);
      const left = Date.parse(added?.active_from ?? '') - Date.now();
      assert.ok(left > 5 * minute && left <= 10 * minute, String(left));
      assert.ok(said.includes(`added the ${kind} key ${added?.id}`));
    }
    for (const { secret } of [...ring().sealing, ...ring().mac]) assert.ok(!said.includes(secret));
  });

  test('of one kind leaves the others alone', async () => {
    const { folder, ring } = await folderWithRing();
    const { sealing, mac } = ring();
    outputOf(await countersign(['keys', 'rotate', '--only', 'signing', '--active-in', '2h'], { folder }));
    assert.deepEqual([ring().sealing, ring().mac, ring().signing.length], [sealing, mac, 2]);
  });

  test('is refused while a key is next, and then goes on from it', async () => {
    const { folder, file, ring } = await folderWithRing();
    outputOf(await countersign(['keys', 'rotate'], { folder }));
    const kept = readFileSync(file);
    const refused = await countersign(['keys', 'rotate', '--only', 'mac'], { folder });
    assert.match(errorLineOf(refused, 1), /the mac key \S+ becomes active at .*: wait/);
    assert.deepEqual(readFileSync(file), kept);
    become(file, Date.now());
    outputOf(await countersign(['keys', 'rotate', '--only', 'mac'], { folder }));
    assert.deepEqual(
      ring().mac.map(({ state }) => state),
      ['retired', 'active', 'next'],
    );
  });

  test('asked for by many at once happens once, and no key is lost', async () => {
    const { folder, ring } = await folderWithRing();
    const before = ring();
    const ended = await Promise.all([1, 2, 3].map(() => countersign(['keys', 'rotate'], { folder })));
    assert.equal(ended.filter(({ code }) => code === 0).length, 1);
    for (const one of ended.filter(({ code }) => code !== 0))
      assert.match(one.stderr, /wait until|another command is changing the key ring/);
    for (const kind of keyKinds) assert.deepEqual([ring()[kind].length, ring()[kind][0]], [2, before[kind][0]]);
    assert.deepEqual(
      readdirSync(join(folder, 'data')).filter((name) => name.startsWith('keys')),
      ['keys.json'],
    );
  });
});

describe('keys list', { concurrency: 2 }, () => {
  test('shows every key with its state and what names it, and no secret', async () => {
    const { folder, file, ring } = await folderWithRing();
    outputOf(await countersign(['keys', 'rotate'], { folder }));
    const said = outputOf(await countersign(['keys', 'list'], { folder }));
    const id = (kind: KeyKind, at: number) => ring()[kind][at]?.id ?? '';
    assert.match(
      said,
      new RegExp(`^sealing  ${id('sealing', 0)} active   values=\\d+ .*authenticators\\.state 1`, 'm'),
    );
    assert.match(said, new RegExp(`^mac      ${id('mac', 0)} active   values=\\d+ .*attempts\\.hash 1`, 'm'));
    assert.match(said, new RegExp(`^signing  ${id('signing', 1)} next     from \\S+Z values=0$`, 'm'));
    for (const { secret } of [...ring().sealing, ...ring().mac]) assert.ok(!said.includes(secret));
    for (const { jwk } of ring().signing) assert.ok(!said.includes(jwk.d));
    become(file, Date.now());
    const later = outputOf(await countersign(['keys', 'list'], { folder }));
    assert.match(later, new RegExp(`^sealing  ${id('sealing', 0)} retired  since \\S+Z values=3 `, 'm'));
    assert.match(later, new RegExp(`^sealing  ${id('sealing', 1)} active   since \\S+Z values=0$`, 'm'));
  });
});

describe('keys reseal and keys retire', { concurrency: 2 }, () => {
  test('take a sealing key out of use, and then out of the ring', async () => {
    const { folder, file, ring } = await folderWithRing();
    const [old] = ring().sealing;
    outputOf(await countersign(['keys', 'rotate'], { folder }));
    become(file, Date.now() - hour);
    const needed = await countersign(['keys', 'retire', old?.id ?? ''], { folder });
    assert.match(
      errorLineOf(needed, 1),
      /still used and stays: values=3 \(.*authenticators\.state 1.*\): run .*reseal$/,
    );
    assert.match(outputOf(await countersign(['keys', 'reseal'], { folder })), /^sealed 2 values with the key /);
    outputOf(await countersign(['keys', 'retire', old?.id ?? ''], { folder }));
    assert.deepEqual(
      ring().sealing.map(({ state }) => state),
      ['active'],
    );
    outputOf(await countersign(['user', 'unlock', 'admin'], { folder }));
  });

  test('leave a key that was retired a moment ago, because a node may be behind', async () => {
    const { folder, file, ring } = await folderWithRing();
    outputOf(await countersign(['keys', 'rotate'], { folder }));
    become(file, Date.now());
    outputOf(await countersign(['keys', 'reseal'], { folder }));
    const kept = readFileSync(file);
    const refused = await countersign(['keys', 'retire', ring().sealing[0]?.id ?? ''], { folder });
    assert.match(errorLineOf(refused, 1), /was retired at \S+: wait until/);
    assert.deepEqual(readFileSync(file), kept);
  });

  for (const [what, at] of [
    ['active', 0],
    ['next', 1],
  ] as const) {
    test(`leave a key that is ${what}`, async () => {
      const { folder, file, ring } = await folderWithRing();
      outputOf(await countersign(['keys', 'rotate'], { folder }));
      const kept = readFileSync(file);
      const refused = await countersign(['keys', 'retire', ring().signing[at]?.id ?? ''], { folder });
      assert.match(errorLineOf(refused, 1), new RegExp(`is ${what}: only a retired key can be removed$`));
      assert.deepEqual(readFileSync(file), kept);
    });
  }

  test('know no key that is not in the ring', async () => {
    const { folder } = await folderWithRing();
    assert.match(errorLineOf(await countersign(['keys', 'retire', 'none'], { folder }), 1), /no key none in the ring$/);
  });

  test('name what no key opens, and end with exit code 1', async () => {
    const { folder, file, ring } = await folderWithRing();
    const database = new DatabaseSync(join(folder, 'data', 'countersign.db'));
    database.exec(`update users set phone = '${ring().sealing[0]?.id}.AAAA'`);
    database.close();
    outputOf(await countersign(['keys', 'rotate'], { folder }));
    become(file, Date.now());
    const { code, stdout, stderr } = await countersign(['keys', 'reseal'], { folder });
    assert.deepEqual([code, stdout.startsWith('sealed 2 values')], [1, true]);
    assert.match(
      stderr,
      /^countersign: no key of the ring opens these values, which were not changed: users\.phone \S+\n$/,
    );
  });
});

onEachDatabase('migrate', (kind) => {
  test('says what ran, and then that nothing was to do', async () => {
    await using opened = await kind.bare();
    const env = { COUNTERSIGN_DATABASE: opened.url };
    const [first, second] = [await countersign(['migrate'], { env }), await countersign(['migrate'], { env })];
    assert.deepEqual([first.code, first.stderr, second.code, second.stderr], [0, '', 0, '']);
    assert.match(first.stdout, /^the database is now up to date: ran 0001-first(, \S+)*\n$/);
    assert.equal(second.stdout, 'the database is already up to date\n');
  });

  test('makes no user and no key ring', async () => {
    await using opened = await kind.bare();
    const folder = newFolder();
    await countersign(['migrate'], { folder, env: { COUNTERSIGN_DATABASE: opened.url } });
    assert.deepEqual(readdirSync(folder), []);
    assert.deepEqual(await opened.db.selectFrom('users').select('id').execute(), []);
  });
});
