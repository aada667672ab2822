import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { base32Decode, base32Encode } from '../../src/base/base32.ts';
import vectors from '../vectors/base32-edge.json' with { type: 'json' };

// The cases beyond these two lists are of seeds, not of the codec: test/factors/totp.test.ts has them.
const read = new Set(['accept', 'reject-short', 'reject-weak']);
// A seed typed in groups is for an import, which the server does not have: its codec reads canonical text only.
const refused = new Set(['reject', 'reject-noncanonical', 'accept-import']);

for (const { hex, base32, nopad } of vectors.roundtrip) {
  test(`${hex || 'nothing'} is written as ${nopad || 'nothing'}`, () => {
    assert.equal(base32Encode(Buffer.from(hex, 'hex')), nopad);
  });

  test(`${base32 || 'nothing'} is read with and without its padding`, () => {
    assert.equal(base32Decode(base32)?.toString('hex'), hex);
    assert.equal(base32Decode(nopad)?.toString('hex'), hex);
  });
}

for (const { input, expect, why } of vectors.cases) {
  // No text at all is zero bytes, and a very long one is long: both are base32, and no seeds.
  if (typeof input !== 'string' || input === '') continue;
  if (read.has(expect)) {
    test(`base32 is read: ${why}`, () => {
      assert.equal(base32Encode(base32Decode(input) ?? Buffer.alloc(0)), input.toUpperCase().replace(/=+$/, ''));
    });
  }
  if (refused.has(expect)) {
    test(`base32 is not read: ${why}`, () => {
      assert.equal(base32Decode(input), undefined);
    });
  }
}

test('eight signs of padding complete no block', () => {
  assert.equal(base32Decode('MZXW6YTB========'), undefined);
});

test('what was written is read back, in capitals and small letters', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const text = base32Encode(bytes);
      assert.deepEqual(base32Decode(text), Buffer.from(bytes));
      assert.deepEqual(base32Decode(text.toLowerCase()), Buffer.from(bytes));
    }),
  );
});

test('whatever is read has one spelling', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ABYZ27]{0,16}={0,8}$/), (text) => {
      const bytes = base32Decode(text);
      if (bytes) assert.equal(base32Encode(bytes), text.replace(/=+$/, ''));
    }),
    { numRuns: 2000 },
  );
});
