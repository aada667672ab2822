import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activeKey, keyKinds, keyRing, makeKeyRing } from '../../src/base/keys.ts';
import { nextChange, ringAt, withNextKeys, withoutKey } from '../../src/base/rotation.ts';
import { seededRandom } from '../../kit/random.ts';

const random = seededRandom('rotation');
const ring = makeKeyRing(random);
const at = Date.parse('2026-11-21T12:00:00Z');
const rotating = withNextKeys(ring, keyKinds, at, random);

const states = (keys: readonly { state: string }[]) => keys.map(({ state }) => state);

test('a ring with keys that come next is a valid one, and makes values with the keys it has made them with', () => {
  assert.deepEqual(keyRing.parse(JSON.parse(JSON.stringify(rotating))), rotating);
  for (const kind of keyKinds) {
    assert.deepEqual(states(ringAt(rotating, at - 1)[kind]), ['active', 'next']);
    assert.equal(ringAt(rotating, at - 1)[kind][0], ring[kind][0]);
  }
});

test('from its instant on the next key is the active one, and the one before it is retired since then', () => {
  const later = ringAt(rotating, at);
  for (const kind of keyKinds) {
    const [before, after] = later[kind];
    assert.deepEqual([before?.state, after?.state], ['retired', 'active']);
    assert.equal(before?.retired_at, new Date(at).toISOString());
    assert.equal(after?.active_from, new Date(at).toISOString());
  }
  assert.deepEqual(keyRing.parse(JSON.parse(JSON.stringify(later))), later);
  assert.equal(activeKey(later.mac).id, rotating.mac[1]?.id);
});

test('no key is lost or changed by the time that passes', () => {
  for (const now of [0, at, at * 2]) {
    const secrets = (keys: typeof ring) => [...keys.sealing, ...keys.mac].map(({ id, secret }) => [id, secret]);
    assert.deepEqual(secrets(ringAt(rotating, now)), secrets(rotating));
    assert.deepEqual(
      ringAt(rotating, now).signing.map(({ jwk }) => jwk),
      rotating.signing.map(({ jwk }) => jwk),
    );
  }
});

test('one kind of key rotates alone', () => {
  const one = withNextKeys(ring, ['mac'], at, random);
  assert.deepEqual([one.sealing, one.signing, one.mac.length], [ring.sealing, ring.signing, 2]);
});

test('a ring says when it will stand otherwise', () => {
  assert.equal(nextChange(ring), Infinity);
  assert.equal(nextChange(rotating), at);
  assert.equal(nextChange(withNextKeys(withNextKeys(ring, ['mac'], at, random), ['signing'], at - 5, random)), at - 5);
  assert.equal(nextChange(ringAt(rotating, at)), Infinity);
});

test('a key that is taken out is gone, and no other', () => {
  const [before, after] = ringAt(rotating, at).mac;
  const left = withoutKey(ringAt(rotating, at), 'mac', before?.id ?? '');
  assert.deepEqual([left.mac, left.sealing.length, left.signing.length], [[after], 2, 2]);
});
