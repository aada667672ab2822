import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyKinds, makeKeyRing } from '../../src/base/keys.ts';
import { createLiveRing, createLiveSafe, ofCurrent } from '../../src/base/live-ring.ts';
import { withNextKeys } from '../../src/base/rotation.ts';
import { createSafe } from '../../src/base/seal.ts';
import { clockAt } from '../../kit/clock.ts';
import { seededRandom } from '../../kit/random.ts';

const random = seededRandom('live ring');
const first = makeKeyRing(random);

function scene() {
  const clock = clockAt('2026-11-21T12:00:00Z');
  const rotating = withNextKeys(first, keyKinds, clock.now() + 1000, random);
  return { clock, rotating };
}

test('a ring is the same object until something about it changes', () => {
  const { clock, rotating } = scene();
  const live = createLiveRing(rotating, clock);
  const before = live.current();
  clock.tick(999);
  assert.equal(live.current(), before);
  clock.tick(1);
  const after = live.current();
  assert.equal(after.mac[1]?.state, 'active');
  clock.tick(1_000_000);
  assert.equal(live.current(), after);
});

test('a clock that goes back brings no key back', () => {
  const { clock, rotating } = scene();
  const live = createLiveRing(rotating, clock);
  clock.tick(1000);
  const after = live.current();
  clock.tick(-5000);
  assert.equal(live.current(), after);
});

test('what is made of a ring is made once for each', () => {
  const { clock, rotating } = scene();
  const live = createLiveRing(rotating, clock);
  let made = 0;
  const read = ofCurrent(live, () => (made += 1));
  assert.deepEqual([read(), read()], [1, 1]);
  clock.tick(1000);
  assert.deepEqual([read(), read()], [2, 2]);
  live.replace(first);
  assert.deepEqual([read(), read()], [3, 3]);
});

test('a safe reads what the next key has made before it makes anything with that itself', () => {
  const { clock, rotating } = scene();
  const behind = createLiveSafe(createLiveRing(rotating, clock), random);
  const ahead = clockAt('2026-11-21T12:00:01Z');
  const early = createLiveSafe(createLiveRing(rotating, ahead), random);
  const [sealed, keyed] = [early.seal('place', 'secret'), early.mac('use', 'value')];
  assert.ok(sealed.startsWith(`${rotating.sealing[1]?.id}.`));
  assert.equal(behind.open('place', sealed), 'secret');
  assert.equal(behind.macMatches('use', 'value', keyed), true);
  assert.ok(behind.macs('use', 'value').includes(keyed));
  assert.ok(behind.seal('place', 'secret').startsWith(`${first.sealing[0]?.id}.`));
  assert.ok(behind.mac('use', 'value').startsWith(`${first.mac[0]?.id}.`));
  clock.tick(1000);
  assert.ok(behind.seal('place', 'secret').startsWith(`${rotating.sealing[1]?.id}.`));
  assert.equal(behind.mac('use', 'value'), keyed);
});

test('a safe follows a ring that takes the place of another', () => {
  const { clock } = scene();
  const live = createLiveRing(first, clock);
  const safe = createLiveSafe(live, random);
  const other = makeKeyRing(random);
  const sealed = createSafe(other, random).seal('place', 'secret');
  assert.throws(() => safe.open('place', sealed), /no sealing key/);
  live.replace(other);
  assert.equal(safe.open('place', sealed), 'secret');
});
