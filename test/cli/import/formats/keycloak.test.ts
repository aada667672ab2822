import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readKeycloak } from '../../../../src/cli/import/formats/keycloak.ts';
import { twoPasses } from '../../../../src/cli/import/passes.ts';
import { entriesOf, fixture, found, importedOf, sourceOr, told, writtenFile } from './help.ts';

const notJson = 'is not valid I-JSON (RFC 7493)';

describe('Keycloak', () => {
  test('its users come with their passwords and their apps', async () => {
    const all = await found(readKeycloak(twoPasses(fixture('keycloak.json'))));
    assert.deepEqual(all.map(told), [
      'ada, password, totp phone, no recovery codes, guarded',
      'bob, password',
      'cy, password, totp phone, guarded',
      'dee, password, no another credential, guarded',
      'eve: is disabled in the source',
      'fay, password, no hotp, guarded',
      'gil, no password',
      'hal, password',
      'service-account-app: is a service account',
    ]);
    assert.deepEqual(importedOf(all, 'ada', 'totp'), {
      seed: 'MZXEGWCSKB3EW6KUPBNHO5SDPJ4HOWSS',
      algorithm: 'SHA1',
      digits: 6,
      period: 30,
    });
    assert.deepEqual(importedOf(all, 'cy', 'totp'), {
      seed: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA',
      algorithm: 'SHA256',
      digits: 8,
      period: 60,
    });
    assert.match(JSON.stringify(importedOf(all, 'ada', 'password')), /\$argon2id\$v=19\$m=7168,t=5,p=1\$/);
    assert.match(JSON.stringify(importedOf(all, 'bob', 'password')), /\$pbkdf2-sha512\$i=210000\$/);
  });

  test('null for a list is none', async () => {
    const user = { username: 'ada', enabled: true, credentials: null, requiredActions: null };
    const all = await found(readKeycloak(writtenFile(JSON.stringify({ users: [user] }))));
    assert.deepEqual(all.map(told), ['ada']);
  });

  test('a user who says nothing about being enabled is not', async () => {
    assert.deepEqual((await found(readKeycloak(writtenFile('{"users":[{"username":"ada"}]}')))).map(told), [
      'ada: is disabled in the source',
    ]);
  });

  for (const [what, [user, why]] of Object.entries({
    'a user of a megabyte': [JSON.stringify({ username: 'x'.repeat(2 ** 20) }), 'is longer than 256 KiB'],
    'a user that is nested deeply': [`{"username":${'['.repeat(100)}${']'.repeat(100)}}`, notJson],
    'a user that is nested more deeply': [`{"username":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, notJson],
    'a user without a name': ['{"enabled":true}', 'username: Invalid input: expected string, received undefined'],
  })) {
    test(`an export with ${what} is refused, for it may say more of another user`, async () => {
      const all = await entriesOf(readKeycloak(writtenFile(`{"users":[{"username":"ada","enabled":true},${user}]}`)));
      assert.deepEqual(all.map(sourceOr), ['ada', `source: ${why}`]);
    });
  }
});
