import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readKeyFile } from '../../src/base/key-file.ts';
import { onEachDatabase } from '../support/databases.ts';
import { countersign, mistake, newFolder } from '../support/process.ts';

describe('keys make', { concurrency: 2 }, () => {
  test('makes a key ring that only its owner can read, where COUNTERSIGN_KEYS says', async () => {
    const folder = newFolder();
    const env = { COUNTERSIGN_KEYS: join(folder, 'secrets', 'ring.json') };
    const { code, stdout, stderr } = await countersign(['keys', 'make'], { folder, env });
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^made the key ring .*ring\.json: back it up/);
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
    assert.match(mistake(await countersign(['keys', 'make'], { folder }), 1), /already, and it stays as it is$/);
    assert.deepEqual(readFileSync(file), before);
  });

  test('asked for by many at once makes one, and tells the others', async () => {
    const folder = newFolder();
    const ended = await Promise.all([1, 2, 3].map(() => countersign(['keys', 'make'], { folder })));
    const refused = ended.filter(({ code }) => code !== 0);
    assert.equal(refused.length, 2);
    for (const one of refused) assert.match(mistake(one, 1), /already, and it stays as it is$/);
    assert.deepEqual(readdirSync(join(folder, 'data')), ['keys.json']);
  });
});

onEachDatabase('migrate', (kind) => {
  test('says what ran, and then that nothing was to do', async () => {
    await using opened = await kind.bare();
    const env = { COUNTERSIGN_DATABASE: opened.url };
    const [first, second] = [await countersign(['migrate'], { env }), await countersign(['migrate'], { env })];
    assert.deepEqual([first.code, first.stderr, second.code, second.stderr], [0, '', 0, '']);
    assert.match(first.stdout, /^the database is up to date now: ran 0001-first(, \S+)*\n$/);
    assert.equal(second.stdout, 'the database is up to date: there was nothing to do\n');
  });

  test('makes no user and no key ring', async () => {
    await using opened = await kind.bare();
    const folder = newFolder();
    await countersign(['migrate'], { folder, env: { COUNTERSIGN_DATABASE: opened.url } });
    assert.deepEqual(readdirSync(folder), []);
    assert.deepEqual(await opened.db.selectFrom('users').select('id').execute(), []);
  });
});
