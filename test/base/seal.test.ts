import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeKeyRing, type KeyRing } from '../../src/base/keys.ts';
import { createSafe, sameText } from '../../src/base/seal.ts';
import { seededRandom } from '../../kit/random.ts';

const before = makeKeyRing(seededRandom('before'));
const after = rotated(before, makeKeyRing(seededRandom('after')));
const safe = createSafe(before, seededRandom('chance'));

/** The ring with new active keys; the old ones stand first and only read. */
function rotated(old: KeyRing, made: KeyRing): KeyRing {
  const retired = <Key extends object>(keys: Key[]) => keys.map((key) => ({ ...key, state: 'retired' as const }));
  return {
    version: 1,
    sealing: [...retired(old.sealing), ...made.sealing],
    mac: [...retired(old.mac), ...made.mac],
    signing: [...retired(old.signing), ...made.signing],
  };
}

test('what was sealed is opened in its place', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (place, text) => {
      assert.equal(safe.open(place, safe.seal(place, text)), text);
    }),
  );
});

test('a sealed value opens nowhere but in its place', () => {
  const sealed = safe.seal('authenticators/state/1', 'secret');
  for (const place of ['authenticators/state/2', 'authenticators/label/1', 'users/state/1', '']) {
    assert.throws(() => safe.open(place, sealed), place);
  }
});

test('two rows that swapped their sealed values open neither', () => {
  const [one, two] = [safe.seal('row 1', 'of one'), safe.seal('row 2', 'of two')];
  assert.throws(() => safe.open('row 1', two));
  assert.throws(() => safe.open('row 2', one));
});

test('a sealed value of which one bit is flipped does not open', () => {
  const [id = '', text = ''] = safe.seal('place', 'secret').split('.');
  const bytes = Buffer.from(text, 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    assert.throws(() => safe.open('place', `${id}.${Buffer.from(flipped).toString('base64url')}`), `bit ${bit}`);
  }
});

// 'secrets' leaves bits over in its last digit, which base64 alone would not look at.
for (const text of ['secret', 'secrets', 'secrets!']) {
  test(`a sealed value of which one character is another does not open (${text.length} bytes)`, () => {
    const sealed = safe.seal('place', text);
    for (let at = 0; at < sealed.length; at += 1) {
      for (const other of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/= \n\0é') {
        const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
        if (changed !== sealed) assert.throws(() => safe.open('place', changed), changed);
      }
    }
  });
}

test('a sealed value with anything cut off or added does not open', () => {
  const sealed = safe.seal('place', 'secret');
  for (let length = 0; length < sealed.length; length += 1) {
    assert.throws(() => safe.open('place', sealed.slice(0, length)), sealed.slice(0, length));
  }
  for (const more of ['A', 'AAAA', '=', '\n', '.']) assert.throws(() => safe.open('place', sealed + more), more);
});

test('a tag that was cut short is refused as such', () => {
  const { id = '' } = before.sealing[0] ?? {};
  const short = `${id}.${Buffer.alloc(15).toString('base64url')}`;
  assert.throws(() => safe.open('place', short), /tag length/);
});

test('one text sealed twice gives two values', () => {
  assert.notEqual(safe.seal('place', 'secret'), safe.seal('place', 'secret'));
});

test('nothing of the plain text or its place is visible in a sealed value', () => {
  const sealed = safe.seal('authenticators/state/1', 'a secret of somebody');
  const bytes = Buffer.from(sealed.split('.')[1] ?? '', 'base64url');
  for (const part of ['secret', 'somebody', 'authenticators', 'state']) {
    assert.equal(sealed.includes(part), false);
    assert.equal(bytes.includes(part), false);
  }
});

test('a value sealed with a key that is retired now is still opened', () => {
  assert.equal(createSafe(after, seededRandom('b')).open('place', safe.seal('place', 'secret')), 'secret');
});

test('new values are sealed with the active key', () => {
  const sealed = createSafe(after, seededRandom('b')).seal('place', 'secret');
  assert.ok(sealed.startsWith(`${after.sealing[1]?.id}.`));
  assert.throws(() => safe.open('place', sealed), /no sealing key/);
});

test('a value that names the wrong key of the ring does not open', () => {
  const sealed = createSafe(after, seededRandom('b')).seal('place', 'secret');
  assert.throws(() =>
    createSafe(after, seededRandom('c')).open('place', sealed.replace(/^[^.]+/, before.sealing[0]?.id ?? '')),
  );
});

test('a ring without an active key makes no safe', () => {
  assert.throws(() => createSafe({ ...after, sealing: after.sealing.slice(0, 1) }, seededRandom()));
  assert.throws(() => createSafe({ ...after, mac: after.mac.slice(0, 1) }, seededRandom()));
});

test('a keyed hash is the same every time', () => {
  assert.equal(safe.mac('apikey', 'secret'), createSafe(before, seededRandom('c')).mac('apikey', 'secret'));
});

test('a keyed hash names its key and does not show its value', () => {
  const keyed = safe.mac('apikey', 'secret');
  assert.ok(keyed.startsWith(`${before.mac[0]?.id}.`));
  assert.match(keyed, /^[^.]+\.[A-Za-z0-9_-]{43}$/);
  assert.equal(keyed.includes('secret'), false);
});

test('a keyed hash depends on its value, its context and its key', () => {
  const others = [
    safe.mac('apikey', 'secres'),
    safe.mac('device', 'secret'),
    createSafe(makeKeyRing(seededRandom('else')), seededRandom()).mac('apikey', 'secret'),
  ];
  const digests = [safe.mac('apikey', 'secret'), ...others].map((keyed) => keyed.split('.')[1]);
  assert.equal(new Set(digests).size, 4);
});

test('a letter that moves from the value to the context makes another keyed hash', () => {
  assert.notEqual(safe.mac('ab', 'c'), safe.mac('a', 'bc'));
});

test('a keyed hash matches its own value and context only', () => {
  const keyed = safe.mac('apikey', 'secret');
  assert.equal(safe.macMatches('apikey', 'secret', keyed), true);
  assert.equal(safe.macMatches('apikey', 'secres', keyed), false);
  assert.equal(safe.macMatches('device', 'secret', keyed), false);
  assert.equal(safe.macMatches('apikey', 'secret', ''), false);
});

test('a keyed hash made with a key that is retired now is still matched', () => {
  assert.equal(createSafe(after, seededRandom()).macMatches('apikey', 'secret', safe.mac('apikey', 'secret')), true);
});

test('new keyed hashes are made with the active key, and it comes first of all', () => {
  const turned = createSafe(after, seededRandom());
  const [active, retired, ...more] = turned.macs('apikey', 'secret');
  assert.equal(turned.mac('apikey', 'secret'), active);
  assert.ok(active?.startsWith(`${after.mac[1]?.id}.`));
  assert.equal(retired, safe.mac('apikey', 'secret'));
  assert.deepEqual(more, []);
});

test('texts are the same when all their characters are', () => {
  assert.equal(sameText('abc', 'abc'), true);
  assert.equal(sameText('abc', 'abd'), false);
  assert.equal(sameText('abc', 'ab'), false);
  assert.equal(sameText('', ''), true);
});

test('texts of as many characters but other bytes are compared without a fault', () => {
  assert.equal(sameText('123456', '12345\uff16'), false);
});
