import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TOTP, URI } from 'otpauth';
import { base32Decode } from '../../src/base/base32.ts';
import { totp } from '../../src/factors/totp.ts';
import base32 from '../vectors/base32-edge.json' with { type: 'json' };
import { enrolled, help, noon, verify, yes } from './help.ts';
import { fresh } from './totp-help.ts';

/** What an app reads from the QR code of a new authenticator. */
async function scanned(input: object, name = 'alice') {
  const { state, shown } = yes(await enrolled(totp, input, help(noon, name)));
  const app = URI.parse(String(shown.otpauth_url));
  assert.ok(app instanceof TOTP);
  return { state, shown, app };
}

test('who asks for nothing gets what every authenticator app can do', async () => {
  const { state } = await scanned({});
  assert.partialDeepStrictEqual(state, { algorithm: 'SHA1', digits: 6, period: 30 });
});

for (const input of [
  {},
  { algorithm: 'SHA256', digits: 8, period: 60, issuer: 'Acme & Sons?' },
  { algorithm: 'SHA512', period: 15, issuer: 'Käse+Brot #1' },
]) {
  test(`an app reads from the URL what the server keeps: ${JSON.stringify(input)}`, async () => {
    const { state, shown, app } = await scanned(input);
    const { algorithm, digits, period, secret, issuer } = app;
    assert.partialDeepStrictEqual(state, { algorithm, digits, period, seed: secret.base32 });
    assert.equal(secret.base32, shown.secret);
    assert.equal(issuer, input.issuer ?? 'Countersign');
  });
}

test('the URL names the issuer in its label and beside it, for apps that read either', async () => {
  const { shown } = await scanned({ issuer: 'Acme & Sons' });
  const { pathname, searchParams } = new URL(String(shown.otpauth_url));
  assert.equal(decodeURIComponent(pathname), '/Acme & Sons:alice');
  assert.equal(searchParams.get('issuer'), 'Acme & Sons');
});

for (const name of ['alice@example.com', 'a:b', 'o’neil (it) 100% &?=#/+', ' spaced ', '山田🙂', '%41%', '../x']) {
  test(`an app shows the name ${name} as it is`, async () => {
    assert.equal((await scanned({}, name)).app.label, name);
  });
}

test('an app shows every name as it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1 }), async (name) => {
      assert.equal((await scanned({}, name)).app.label, name);
    }),
  );
});

for (const [algorithm, bytes] of Object.entries({ SHA1: 20, SHA256: 32, SHA512: 64 })) {
  test(`a seed for ${algorithm} has the ${bytes} bytes of its hash`, async () => {
    const { shown } = await scanned({ algorithm });
    assert.equal(base32Decode(String(shown.secret))?.length, bytes);
  });
}

test('a seed is drawn anew for everybody', async () => {
  const [one, other] = [await scanned({}), await scanned({})];
  assert.notEqual(one.shown.secret, other.shown.secret);
});

test('the first code of a new authenticator is taken, whatever the time', async () => {
  const { state, app } = await scanned({});
  assert.equal((await verify(totp, state, app.generate({ timestamp: 0 }), help(0))).ok, true);
});

const bad = {
  'no digits': { digits: 0 },
  'one digit': { digits: 1 },
  'seven digits': { digits: 7 },
  'a hundred digits': { digits: 100 },
  'digits in text': { digits: '6' },
  'no period': { period: 0 },
  'a period too short to type in': { period: 14 },
  'a period too long to be safe': { period: 121 },
  'half a second': { period: 30.5 },
  'another algorithm': { algorithm: 'MD5' },
  'an algorithm in small letters': { algorithm: 'sha1' },
  'a seed of their own': { seed: fresh.seed },
};

for (const [what, input] of Object.entries(bad)) {
  test(`nobody enrols with ${what}`, async () => {
    const begun = await enrolled(totp, input);
    assert.deepEqual(begun, { ok: false, reason: 'malformed_input' });
  });
}

for (const { input, expect, why } of base32.cases) {
  if (expect === 'accept') continue;
  test(`a stored seed that nobody should trust is a fault: ${why}`, async () => {
    const seed = typeof input === 'string' ? input : input.repeat.repeat(input.times);
    await assert.rejects(verify(totp, { ...fresh, seed }, '123456', help()));
  });
}

test('a seed of 128 bits is the least that is trusted', async () => {
  assert.equal((await verify(totp, { ...fresh, seed: 'GEZDGNBVGY3TQOJQGEZDGNBVGY' }, '000000', help())).ok, false);
  await assert.rejects(verify(totp, { ...fresh, seed: 'GEZDGNBVGY3TQOJQGEZDGNBV' }, '000000', help()));
});
