import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activeKey, keyRing, makeKeyRing } from '../../src/base/keys.ts';
import { systemRandom } from '../../src/base/random.ts';
import { seededRandom } from '../../kit/random.ts';

const ring = makeKeyRing(seededRandom());
const other = makeKeyRing(seededRandom('other'));
const [sealing] = ring.sealing;
const [signing] = ring.signing;

const instant = '2026-11-21T12:00:00Z';

const retired = (keys: readonly object[]) => keys.map((key) => ({ ...key, state: 'retired' }));

test('a new key ring is a valid one', () => {
  assert.deepEqual(keyRing.parse(JSON.parse(JSON.stringify(ring))), ring);
});

test('two new key rings have no secret in common', () => {
  const secrets = [makeKeyRing(systemRandom), makeKeyRing(systemRandom)].flatMap((made) => [
    ...[...made.sealing, ...made.mac].map(({ secret }) => secret),
    ...made.signing.map(({ jwk }) => jwk.d),
  ]);
  assert.equal(new Set(secrets).size, 6);
});

test('retired keys may stand beside the active one', () => {
  const rotated = {
    version: 1,
    sealing: [...retired(other.sealing), ...ring.sealing],
    mac: [...ring.mac, ...retired(other.mac)],
    signing: [...retired(other.signing), ...ring.signing],
  };
  assert.deepEqual(keyRing.parse(rotated), rotated);
});

test('keys of before there were times are valid, and so are keys with them', () => {
  const timed = { ...sealing, active_from: '2026-11-21T12:00:00Z' };
  const before = { ...other.sealing[0], state: 'retired', retired_at: '2026-11-21T12:00:00Z' };
  const given = { ...ring, sealing: [before, timed, { ...timed, id: 'next', state: 'next' }] };
  assert.deepEqual(keyRing.parse(given), given);
});

for (const list of ['sealing', 'mac', 'signing'] as const) {
  const next = (id: string, more = {}) => ({ ...ring[list][0], id, state: 'next', active_from: instant, ...more });

  test(`a ring with two next keys under ${list} is refused`, () => {
    assert.equal(keyRing.safeParse({ ...ring, [list]: [...ring[list], next('a')] }).success, true);
    assert.equal(keyRing.safeParse({ ...ring, [list]: [...ring[list], next('a'), next('b')] }).success, false);
  });

  test(`a next key under ${list} without its instant is refused`, () => {
    const untimed = next('a', { active_from: undefined });
    assert.equal(keyRing.safeParse({ ...ring, [list]: [...ring[list], untimed] }).success, false);
  });

  test(`a ring with no key under ${list} is refused`, () => {
    assert.equal(keyRing.safeParse({ ...ring, [list]: [] }).success, false);
  });

  test(`a ring with no active key under ${list} is refused`, () => {
    assert.equal(keyRing.safeParse({ ...ring, [list]: retired(ring[list]) }).success, false);
  });

  test(`a ring with two active keys under ${list} is refused`, () => {
    assert.equal(keyRing.safeParse({ ...ring, [list]: [...ring[list], ...other[list]] }).success, false);
  });

  test(`a ring with one id twice under ${list} is refused`, () => {
    assert.equal(keyRing.safeParse({ ...ring, [list]: [...ring[list], ...retired(ring[list])] }).success, false);
  });

  test(`a ring without ${list} is refused`, () => {
    assert.equal(keyRing.safeParse({ ...ring, [list]: undefined }).success, false);
  });
}

const bad = {
  'a version to come': { ...ring, version: 2 },
  'an unknown member': { ...ring, comment: '' },
  'an unknown member of a key': { ...ring, sealing: [{ ...sealing, comment: '' }] },
  'an unknown member of a signing key': { ...ring, signing: [{ ...signing, comment: '' }] },
  'an unknown member of a key pair': { ...ring, signing: [{ ...signing, jwk: { ...signing?.jwk, kid: 'a' } }] },
  'an unknown state': { ...ring, sealing: [sealing, { ...sealing, id: 'b', state: 'revoked' }] },
  'an id with a dot, which ends an id': { ...ring, sealing: [{ ...sealing, id: 'a.b' }] },
  'an empty id': { ...ring, sealing: [{ ...sealing, id: '' }] },
  'a time that is none': { ...ring, sealing: [{ ...sealing, active_from: 'soon' }] },
  'a secret that is too short': { ...ring, sealing: [{ ...sealing, secret: 'A'.repeat(42) }] },
  'a secret that is too long': { ...ring, sealing: [{ ...sealing, secret: 'A'.repeat(44) }] },
  'a secret that is not base64url': { ...ring, sealing: [{ ...sealing, secret: '+'.repeat(43) }] },
  'a signing key of another curve': { ...ring, signing: [{ ...signing, jwk: { ...signing?.jwk, crv: 'X25519' } }] },
  'a signing key of another type': { ...ring, signing: [{ ...signing, jwk: { ...signing?.jwk, kty: 'EC' } }] },
  'a signing key without its private half': {
    ...ring,
    signing: [{ ...signing, jwk: { ...signing?.jwk, d: undefined } }],
  },
};

for (const [what, given] of Object.entries(bad)) {
  test(`a ring with ${what} is refused`, () => {
    assert.equal(keyRing.safeParse(given).success, false);
  });
}

test('new values are made with the active key, wherever it stands', () => {
  assert.equal(activeKey([...retired(other.mac), ...ring.mac]), ring.mac[0]);
  assert.equal(activeKey([...ring.mac, ...retired(other.mac)]), ring.mac[0]);
});

test('no active key is a fault', () => {
  assert.throws(() => activeKey(retired(ring.mac)));
});
