import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeKeyRing } from '../../src/base/keys.ts';
import { createSafe } from '../../src/base/seal.ts';
import { apikey } from '../../src/factors/apikey.ts';
import { device } from '../../src/factors/device.ts';
import { seededRandom } from '../../kit/random.ts';
import { enrolled, help, verify, yes } from './help.ts';

const enrol = async () => yes(await enrolled(apikey, {}));

test('an API key has 256 bits and begins with what secret scanners look for', async () => {
  const { shown } = await enrol();
  assert.match(String(shown.secret), /^csk_[A-Za-z0-9_-]{43}$/);
});

test('every API key is another random one', async () => {
  assert.notEqual((await enrol()).shown.secret, (await enrol()).shown.secret);
});

test('nobody chooses their own apikey', async () => {
  const begun = await enrolled(apikey, { secret: `csk_${'A'.repeat(43)}` });
  assert.deepEqual(begun, { ok: false, reason: 'malformed_input' });
});

test('an API key with any character changed is wrong', async () => {
  const { state, shown } = await enrol();
  const secret = String(shown.secret);
  for (let at = 4; at < secret.length; at += 1) {
    const changed = secret.slice(0, at) + (secret[at] === 'A' ? 'B' : 'A') + secret.slice(at + 1);
    assert.deepEqual(await verify(apikey, state, changed, help()), { ok: false, reason: 'wrong' });
  }
});

test('an API key means nothing to a server with other keys', async () => {
  const { state, shown } = await enrol();
  const other = { ...help(), safe: createSafe(makeKeyRing(seededRandom('other')), seededRandom()) };
  assert.equal((await verify(apikey, state, shown.secret, other)).ok, false);
});

test('what is kept of an API key is no device with the same secret', async () => {
  const { state, shown, lookup = '' } = await enrol();
  assert.equal((await verify(device, state, shown.secret, help())).ok, false);
  assert.equal(device.read(shown.secret)?.lookups(help()).includes(lookup), false);
});
