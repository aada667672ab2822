import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { generatePassword, opaqueToken, systemRandom, timeOrderedHex, uuid } from '../../src/base/random.ts';
import { seededRandom } from '../../kit/random.ts';

// The example of RFC 9562 appendix A.6: its time, and chance of ones only, so that every bit shows.
const ones = () => ({ bytes: (length: number) => Buffer.alloc(length, 0xff) });
const example = { now: 0x017f22e279b0 };

test('an id has the layout of a version 7 UUID', () => {
  assert.equal(uuid(ones(), example.now), '017f22e2-79b0-7000-bfff-ffffffffffff');
});

test('the version and the variant stand in an id whatever chance says', () => {
  const zeros = { bytes: (length: number) => Buffer.alloc(length) };
  assert.equal(uuid(zeros, example.now), '017f22e2-79b0-7000-8000-000000000000');
});

test('the plain form of an id is the same without hyphens', () => {
  assert.equal(timeOrderedHex(ones(), example.now), '017f22e279b07000bfffffffffffffff');
});

test('ids sort by the time they were made at', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (one, other) => {
      const [earlier, later] = [Math.min(one, other) % 2 ** 47, (Math.max(one, other) % 2 ** 47) + 2 ** 47];
      const random = seededRandom();
      assert.ok(uuid(random, earlier) < uuid(random, later));
    }),
  );
});

test('ids of one millisecond differ, however many there are', () => {
  const random = seededRandom();
  const ids = Array.from({ length: 5000 }, () => uuid(random, example.now));
  assert.equal(new Set(ids).size, ids.length);
  assert.match(ids.at(-1) ?? '', /^017f22e2-79b0-7fff-/);
});

test('ids of one millisecond sort by the order in which they were made', () => {
  const random = seededRandom();
  const ids = Array.from({ length: 1000 }, () => uuid(random, example.now));
  assert.deepEqual(ids, ids.toSorted());
});

test('an opaque token carries 256 bits and nothing that a URL would change', () => {
  const token = opaqueToken(systemRandom);
  assert.match(token, /^[A-Za-z0-9_-]{43}$/);
  assert.equal(Buffer.from(token, 'base64url').length, 32);
});

test('a generated password carries 120 bits in characters that can be copied by hand', () => {
  const passwords = [generatePassword(systemRandom), generatePassword(systemRandom)];
  for (const password of passwords) assert.match(password, /^[A-Za-z0-9_-]{20}$/);
  assert.notEqual(passwords[0], passwords[1]);
});

test("the system's random draws as many bytes as were asked for, and others each time", () => {
  const [one, other] = [systemRandom.bytes(20), systemRandom.bytes(20)];
  assert.equal(one.length, 20);
  assert.notDeepEqual(one, other);
});

test("the system's random repeats nothing, however much is drawn and in whatever lengths", () => {
  const lengths = [16, 4096, 33, 5000, 4000, 97, 1];
  const drawn = Array.from({ length: 70 }, (_, turn) => systemRandom.bytes(lengths[turn % lengths.length] ?? 0));
  assert.deepEqual(
    drawn.map(({ length }) => length),
    drawn.map((_, turn) => lengths[turn % lengths.length]),
  );
  const texts = drawn.filter(({ length }) => length >= 16).map((bytes) => bytes.toString('hex'));
  // None of them stands within another, and none is the zeros that wiping leaves.
  for (const text of texts) {
    assert.equal(texts.filter((other) => other.includes(text.slice(0, 32))).length, 1);
    assert.doesNotMatch(text, /(?:00){8}/);
  }
});

test("what the system's random has handed out is its caller's to change", () => {
  const one = systemRandom.bytes(16);
  const kept = Buffer.from(one);
  systemRandom.bytes(16).fill(1);
  assert.deepEqual(one, kept);
});

test('seeded random draws the same every run, and other bytes for another seed', () => {
  const draws = (seed: string) => {
    const random = seededRandom(seed);
    return [12, 32, 33, 16].map((length) => random.bytes(length).toString('hex'));
  };
  assert.deepEqual(draws('a'), draws('a'));
  assert.notDeepEqual(draws('a'), draws('b'));
});

test('seeded random draws nothing twice', () => {
  const random = seededRandom();
  const draws = Array.from({ length: 10_000 }, () => random.bytes(8).toString('hex'));
  assert.equal(new Set(draws).size, draws.length);
});
