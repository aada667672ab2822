import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Secret, TOTP } from 'otpauth';
import { hotp, totp } from '../../src/factors/totp.ts';
import rfc4226 from '../vectors/rfc4226-appendix-d.json' with { type: 'json' };
import rfc6238 from '../vectors/rfc6238-appendix-b.json' with { type: 'json' };
import edge from '../vectors/totp-edge.json' with { type: 'json' };
import { help, verify } from './help.ts';
import { codeOf, fresh, sendOne, step, timeOf, type Algorithm } from './totp-help.ts';

for (const { counter, hotp6, hotp8 } of rfc4226.vectors) {
  test(`RFC 4226 appendix D: counter ${counter}`, () => {
    const key = Buffer.from(rfc4226.secret_ascii);
    assert.equal(hotp(key, counter, { algorithm: 'SHA1', digits: 6 }), hotp6);
    assert.equal(hotp(key, counter, { algorithm: 'SHA1', digits: 8 }), hotp8);
  });
}

for (const { alg, time, totp8, totp6 } of rfc6238.vectors) {
  // The compiler reads JSON's words as any text.
  const algorithm = alg as Algorithm;
  const seed = rfc6238.secrets[algorithm].base32;

  test(`RFC 6238 appendix B: ${alg} at ${time}`, async () => {
    assert.equal(await sendOne({ ...fresh, algorithm, seed, digits: 8 }, totp8, time), 'accepted');
    assert.equal(await sendOne({ ...fresh, algorithm, seed, digits: 6 }, totp6, time), 'accepted');
  });

  test(`a code of another length than the authenticator's is wrong: ${alg} at ${time}`, async () => {
    assert.equal(await sendOne({ ...fresh, algorithm, seed, digits: 8 }, totp6, time), 'wrong');
    assert.equal(await sendOne({ ...fresh, algorithm, seed, digits: 6 }, totp8, time), 'wrong');
  });
}

test('codes are those of the otpauth package, whatever the seed, the time and the parameters', async () => {
  const parameters = fc.record({
    algorithm: fc.constantFrom<Algorithm>('SHA1', 'SHA256', 'SHA512'),
    digits: fc.constantFrom(6, 8),
    period: fc.integer({ min: 15, max: 120 }),
  });
  const seeds = fc.uint8Array({ minLength: 16, maxLength: 80 }).filter((bytes) => bytes.some((byte) => byte !== 0));
  const times = fc.integer({ min: 0, max: Date.parse('9999-12-31T23:59:59Z') });
  await fc.assert(
    fc.asyncProperty(parameters, seeds, times, async (chosen, seed, now) => {
      const secret = new Secret({ buffer: Uint8Array.from(seed).buffer });
      const code = new TOTP({ ...chosen, secret }).generate({ timestamp: now });
      assert.equal(hotp(seed, Math.floor(now / 1000 / chosen.period), chosen), code);
      assert.equal((await verify(totp, { ...chosen, seed: secret.base32, lastStep: -1 }, code, help(now))).ok, true);
    }),
    { numRuns: 300 },
  );
});

for (const { zeros, time, code } of edge.leading_zero) {
  test(`a code with ${zeros} leading zeros is taken as text`, async () => {
    assert.equal(await sendOne(fresh, code, time), 'accepted');
  });

  // The vectors would refuse a number. The contract pads it, for JSON has no other way to write it (contract.md section 1).
  test(`a code with ${zeros} leading zeros is taken as a number, which has none`, async () => {
    assert.equal(await sendOne(fresh, Number(code), time), 'accepted');
  });

  test(`a text that lost its ${zeros} leading zeros is no code`, () => {
    assert.equal(totp.read(code.replace(/^0+/, '')), undefined);
  });
}

test('a number is padded to eight digits where the authenticator has eight', async () => {
  const { totp8, time } = rfc6238.vectors.find((vector) => vector.totp8.startsWith('0')) ?? assert.fail();
  assert.equal(await sendOne({ ...fresh, digits: 8 }, Number(totp8), time), 'accepted');
});

test('a text of six digits is not padded to eight', async () => {
  const counters = Array.from({ length: 1000 }, (_, at) => step + at);
  const counter = counters.find((each) => codeOf(each, 8).startsWith('00')) ?? assert.fail();
  const state = { ...fresh, digits: 8 };
  assert.equal(await sendOne(state, codeOf(counter, 8), timeOf(counter)), 'accepted');
  assert.equal(await sendOne(state, codeOf(counter, 8).slice(2), timeOf(counter)), 'wrong');
});

test('a number with more digits than the code is wrong, though it ends alike', async () => {
  assert.equal(await sendOne(fresh, Number(`42${codeOf(step)}`), timeOf(step)), 'wrong');
});

for (const spelling of ['123 456', '123-456', ' 123456 ', '-123456-', '1 2 3 4 5 6', '  123 - 456  ']) {
  test(`a code may be typed as "${spelling}"`, async () => {
    const typed = spelling.replace(/\d/g, (at) => codeOf(step).charAt(Number(at) - 1));
    assert.equal(await sendOne(fresh, typed, timeOf(step)), 'accepted');
  });
}

test('a code spread over more than 64 characters is none', () => {
  assert.equal(totp.read(`123${' '.repeat(58)}456`) !== undefined, true);
  assert.equal(totp.read(`123${' '.repeat(59)}456`), undefined);
});

test('a code with any digit changed is wrong', async () => {
  const code = codeOf(step);
  for (let at = 0; at < code.length; at += 1) {
    const changed = code.slice(0, at) + ((Number(code[at]) + 1) % 10) + code.slice(at + 1);
    assert.equal(await sendOne(fresh, changed, timeOf(step)), 'wrong');
  }
});

for (const { time, step: counter, code } of edge.extreme) {
  test(`a code is right at second ${time} of the epoch`, async () => {
    assert.equal(codeOf(counter), code);
    assert.equal(await sendOne(fresh, code, time), 'accepted');
  });
}

test('before the epoch every code is wrong, and none is a fault', async () => {
  assert.equal(await sendOne(fresh, codeOf(0), -31), 'wrong');
  assert.equal(await sendOne(fresh, codeOf(1), -3600), 'wrong');
});
