import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SetupError } from '../../src/base/fault.ts';
import { changeKeyFile, readKeyFile, writeKeyFile } from '../../src/base/key-file.ts';
import { makeKeyRing, type KeyRing } from '../../src/base/keys.ts';
import { seededRandom } from '../../kit/random.ts';

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

function changing(file: string): readonly KeyRing[] {
  const read: KeyRing[] = [];
  const other = makeKeyRing(seededRandom('changed'));
  changeKeyFile(file, (kept) => {
    read.push(kept);
    return other;
  });
  return [...read, other];
}

test('a changed ring takes the place of the one that was read, for its owner only', () => {
  using here = folder();
  const file = join(here.path, 'keys.json');
  writeKeyFile(file, ring, seededRandom());
  const [read, written] = changing(file);
  assert.deepEqual([read, readKeyFile(file)], [ring, written]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(here.path), ['keys.json']);
});

test('a link to the file stays one', () => {
  using here = folder();
  const [file, link] = [join(here.path, 'keys.json'), join(here.path, 'link.json')];
  writeKeyFile(file, ring, seededRandom());
  symlinkSync(file, link);
  const [, written] = changing(link);
  assert.deepEqual(readKeyFile(file), written);
  assert.deepEqual(readKeyFile(link), written);
});

test('while one change is under way another is refused, and says what to do if it was cut off', () => {
  using here = folder();
  const file = join(here.path, 'keys.json');
  writeKeyFile(file, ring, seededRandom());
  changeKeyFile(file, (kept) => {
    assert.throws(
      () => changing(file),
      (error) => error instanceof SetupError && error.message.includes(`remove ${file}.new`),
    );
    return kept;
  });
  assert.deepEqual(readKeyFile(file), ring);
  assert.equal(changing(file).length, 2);
});

for (const [what, change] of Object.entries({
  'is given up': () => {
    throw new Error('given up');
  },
  'would leave no active key': (kept: KeyRing) => ({ ...kept, mac: [] }),
})) {
  test(`a change that ${what} leaves the file as it was, and the next one may come`, () => {
    using here = folder();
    const file = join(here.path, 'keys.json');
    writeKeyFile(file, ring, seededRandom());
    const before = readFileSync(file);
    assert.throws(() => changeKeyFile(file, change));
    assert.deepEqual([readFileSync(file), readdirSync(here.path)], [before, ['keys.json']]);
    changing(file);
  });
}

test('a file that is not there can not be changed', () => {
  using here = folder();
  assert.throws(() => changing(join(here.path, 'keys.json')), SetupError);
  assert.deepEqual(readdirSync(here.path), []);
});

test('a folder instead of a key file is named as one, and nobody is told to change its mode', () => {
  using here = folder();
  chmodSync(here.path, 0o755);
  assert.throws(
    () => readKeyFile(here.path),
    new SetupError(`the keys file ${here.path} is a folder: give the path of a file`),
  );
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
