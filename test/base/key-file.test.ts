import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SetupError } from '../../src/base/fault.ts';
import { readKeyFile, writeKeyFile } from '../../src/base/key-file.ts';
import { makeKeyRing } from '../../src/base/keys.ts';
import { seededRandom } from '../support/random.ts';

const ring = makeKeyRing(seededRandom());

/** A folder that is gone after the test. */
function folder() {
  const path = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test('a key file that is not there is no fault', () => {
  using here = folder();
  assert.equal(readKeyFile(join(here.path, 'keys.json')), undefined);
});

test('a key ring is read as it was written', () => {
  using here = folder();
  const file = join(here.path, 'keys.json');
  assert.deepEqual(writeKeyFile(file, ring, seededRandom()), ring);
  assert.deepEqual(readKeyFile(file), ring);
});

test('a key file and the folder made for it are for their owner only, and nothing else is left there', () => {
  using here = folder();
  const file = join(here.path, 'data', 'keys.json');
  writeKeyFile(file, ring, seededRandom());
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(join(here.path, 'data')).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(join(here.path, 'data')), ['keys.json']);
});

test('of two nodes that write keys at once, both use those of the first', () => {
  using here = folder();
  const file = join(here.path, 'keys.json');
  writeKeyFile(file, ring, seededRandom('one'));
  assert.deepEqual(writeKeyFile(file, makeKeyRing(seededRandom('other')), seededRandom('two')), ring);
  assert.deepEqual(readdirSync(here.path), ['keys.json']);
});

for (const mode of [0o640, 0o604, 0o660, 0o620]) {
  test(`a key file of mode ${mode.toString(8)} stops the start`, () => {
    using here = folder();
    const file = join(here.path, 'keys.json');
    writeKeyFile(file, ring, seededRandom());
    chmodSync(file, mode);
    assert.throws(() => readKeyFile(file), SetupError);
  });
}

for (const [what, text] of Object.entries({
  empty: '',
  'cut short': JSON.stringify(ring).slice(0, -10),
  'not JSON': 'keys',
  'without a signing key': JSON.stringify({ ...ring, signing: [] }),
})) {
  test(`a key file that is ${what} stops the start, and its secrets are not told`, () => {
    using here = folder();
    const file = join(here.path, 'keys.json');
    writeFileSync(file, text, { mode: 0o600 });
    assert.throws(
      () => readKeyFile(file),
      (error) =>
        error instanceof SetupError &&
        error.message.includes(file) &&
        !error.message.includes('\n') &&
        !error.message.includes(ring.sealing[0]?.secret ?? ''),
    );
  });
}
