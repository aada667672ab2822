import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readMigrations } from '../../../../src/cli/import/formats/otpauth-migration.ts';
import { bytesOf } from '../../../../src/cli/import/bytes.ts';
import { fileOf, fixture, found, importedOf, told } from './help.ts';

const written = (text: string | Buffer) => bytesOf(fileOf(text));

describe('otpauth-migration', () => {
  test('entries of one name are one user', async () => {
    const all = await found(readMigrations(bytesOf(fixture('otpauth-migration.txt'))));
    assert.deepEqual(all.map(told), [
      'ada, totp Example, totp Other, guarded',
      'bob@example.com, totp, guarded',
      'cy, no hotp, guarded',
      'dee, totp, guarded',
      'eve, no totp, guarded',
    ]);
    assert.deepEqual(importedOf(all, 'ada', 'totp'), {
      seed: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
      algorithm: 'SHA1',
      digits: 6,
    });
    assert.deepEqual(importedOf(all, 'bob@example.com', 'totp'), {
      seed: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA',
      algorithm: 'SHA256',
      digits: 8,
    });
  });

  const uri = (bytes: readonly number[]) =>
    `otpauth-migration://offline?data=${encodeURIComponent(Buffer.from(bytes).toString('base64'))}\n`;

  for (const [what, text] of Object.entries({
    'another scheme': 'otpauth://totp/ada?secret=GEZDGNBV\n',
    'no data': 'otpauth-migration://offline\n',
    'a length beyond the end': uri([10, 200, 1, 1]),
    'a length of 2^63': uri([10, 255, 255, 255, 255, 255, 255, 255, 255, 127]),
    'a number that does not end': uri([10, ...Array.from({ length: 20 }, () => 255)]),
    'a wire type that is not there': uri([11, 1]),
    'an entry that is a number': uri([8, 1]),
    NUL: '\0\0\0\n',
  })) {
    test(`a line with ${what} is named`, async () => {
      assert.deepEqual((await found(readMigrations(written(text)))).map(told), [
        '?: is not otpauth-migration://offline?data=…',
      ]);
    });
  }

  test('more entries than people have are refused', async () => {
    const many = uri(Array.from({ length: 5000 }, () => [10, 0]).flat());
    const all = await found(readMigrations(written(many + many + many)));
    assert.deepEqual(all.map(told)[0], '?: there are more than 10000 entries: import them in several runs');
  });
});
