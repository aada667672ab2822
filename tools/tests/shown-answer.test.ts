/** The documents show answers of real servers. A random value that was not shortened would change them at every run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownAs } from '../../kit/shown-answer.ts';
import { seededRandom } from '../../kit/random.ts';
import { base32Encode } from '../../src/base/base32.ts';

const shown = (text: string) => shownAs(text, 'http://127.0.0.1:1').replace(/^```text\n([^]*)\n```\n$/, '$1');

const forms: readonly (readonly [name: string, write: (bytes: Buffer) => string])[] = [
  ['base64url', (bytes) => bytes.toString('base64url')],
  ['hex', (bytes) => bytes.toString('hex')],
  ['base32', (bytes) => base32Encode(bytes)],
];

for (const [name, write] of forms)
  test(`every random value of 24 bytes or more in ${name} is shown as …`, () => {
    const random = seededRandom(name);
    for (const length of [24, 32, 33, 48, 64, 70, 256])
      for (let run = 0; run < 500; run += 1) {
        const value = write(random.bytes(length));
        assert.equal(shown(`a=${value}&b="${value}"`), 'a=…&b="…"', value);
      }
  });

test('a token with parts is shown as its beginning', () => {
  const part = (text: string) => Buffer.from(text).toString('base64url');
  const [head, body] = [part('{"alg":"EdDSA"}'), part('{"sub":"a"}')];
  const signature = seededRandom().bytes(64).toString('base64url');
  assert.equal(shown(`Bearer ${head}.${body}.${signature}`), 'Bearer eyJ…');
  assert.equal(shown(`${head}..${signature}.${signature}.${signature};`), 'eyJ…;');
  assert.equal(shown(`csk_${seededRandom().bytes(32).toString('base64url')}`), 'csk_…');
});

test('names and repeated syllables stay, however long they are', () => {
  for (const name of [
    'insufficient_user_authentication',
    'COUNTERSIGN_ENROLLMENTS_PER_ADDRESS',
    'Access-Control-Allow-Private-Network-2026',
    'countersign_http_request_duration_seconds_bucket',
    '/v2/accounts/root/multi_factor/attempts',
    'deadbeefdeadbeefdeadbeefdeadbeefdeadbeef',
  ])
    assert.equal(shown(name), name);
});
