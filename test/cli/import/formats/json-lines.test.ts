import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readJsonLines } from '../../../../src/cli/import/formats/jsonl.ts';
import { entriesOf, found, sourceOr, told, writtenFile } from './help.ts';

describe('JSON lines', () => {
  const lines = async (text: string | Buffer) => (await found(readJsonLines(writtenFile(text)))).map(told);

  test('a user may have everything or a name only; empty lines and the ends of lines do not matter', async () => {
    const full = {
      name: 'ada',
      email: 'ada@example.com',
      phone: null,
      firstName: 'Ada',
      lastName: 'Lovelace',
      password: '$scrypt$',
      factors: [
        { type: 'totp', secret: 'GEZDGNBV', algorithm: 'SHA256', digits: 8, period: 60, lastStep: 5, label: 'phone' },
        { type: 'sms', phone: '+12025550123' },
        { type: 'email', email: 'ada@example.com' },
      ],
    };
    assert.deepEqual(await lines(`${JSON.stringify(full)}\r\n\r\n\n{"name":"bob"}`), [
      'ada, totp phone, sms, email, password, guarded',
      'bob',
    ]);
  });

  for (const [what, [text, why, name]] of Object.entries<readonly [string | Buffer, string, name?: string]>({
    'no JSON': ['hunter22', 'is not valid I-JSON (RFC 7493)'],
    'a list': ['[]', 'Invalid input: expected object, received array'],
    'no name': ['{}', 'name: Invalid input: expected string, received undefined'],
    'a member twice': ['{"name":"a","name":"b"}', 'is not valid I-JSON (RFC 7493)'],
    'a member nobody knows': ['{"name":"a","hunter22":1}', 'has an unknown member', 'a'],
    'such a member further in': [
      '{"name":"a","factors":[{"type":"sms","phone":"","hunter22":1}]}',
      'factors: has an unknown member',
      'a',
    ],
    'a factor nobody knows': [
      '{"name":"a","factors":[{"type":"hunter22"}]}',
      "factors.type: Invalid discriminator value. Expected 'totp' | 'sms' | 'email'",
      'a',
    ],
    'half a character': ['{"name":"\\ud800"}', 'is not valid I-JSON (RFC 7493)'],
    'bytes that are no UTF-8': [Buffer.from([0x22, 0xff, 0x22]), 'is not valid I-JSON (RFC 7493)'],
    'brackets without end': ['['.repeat(60_000), 'is not valid I-JSON (RFC 7493)'],
    'a megabyte': [`"${'x'.repeat(2 ** 20)}"`, 'is longer than 64 KiB'],
  })) {
    test(`a line with ${what} is named by what is wrong, repeats nothing, and stops the import where it has no name`, async () => {
      const both = Buffer.concat([Buffer.from(text), Buffer.from('\n{"name":"next"}\n')]);
      const all = await entriesOf(readJsonLines(writtenFile(both)));
      assert.deepEqual(all.map(sourceOr), [name === undefined ? `source: ${why}` : `${name}: ${why}`, 'next']);
    });
  }
});
