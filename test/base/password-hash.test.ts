import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isPasswordHash, matchesPasswordHash, unpaddedBase64 } from '../../src/base/password-hash.ts';

const b64 = (hex: string) => unpaddedBase64(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const text = (plain: string) => unpaddedBase64(Buffer.from(plain));

/** What others have computed. */
const vectors: Readonly<Record<string, readonly [phc: string, password: string]>> = {
  'scrypt, RFC 7914 section 12': [
    `$scrypt$ln=14,r=8,p=1$${text('SodiumChloride')}$${b64(
      '70 23 bd cb 3a fd 73 48 46 1c 06 cd 81 fd 38 eb fd a8 fb ba 90 4f 8e 3e a9 b5 43 f6 54 5d a1 f2 d5 43 29 55 61 3f 0f cf 62 d4 97 05 24 2a 9a f9 e6 1e 85 dc 0d 65 1e 40 df cf 01 7b 45 57 58 87',
    )}`,
    'pleaseletmein',
  ],
  "PBKDF2 with SHA-256, RFC 6070's input with the newer digest": [
    `$pbkdf2-sha256$i=4096$${text('saltSALTsaltSALTsaltSALTsaltSALTsalt')}$${b64(
      '348c89dbcbd32b2f32d814b8116e84cf2b17347ebc1800181c4e2a1fb8dd53e1c635518c7dac47e9',
    )}`,
    'passwordPASSWORDpassword',
  ],
  'argon2id, by Debian': [
    '$argon2id$v=19$m=102400,t=2,p=8$cEJreWlwRGlpMmVhSzBKcU9aY3J1eA$hf1q17ZaH+/ls1vrZ+kAgQ',
    'the password of bob',
  ],
};

describe('hashes of other systems', () => {
  for (const [what, [phc, password]] of Object.entries(vectors)) {
    test(`${what}: the password is right and another is wrong`, async () => {
      assert.ok(isPasswordHash(phc));
      assert.equal(await matchesPasswordHash(phc, password), true);
      assert.equal(await matchesPasswordHash(phc, `${password}.`), false);
    });
  }

  test('what can not be read is a fault, and lets nobody in', async () => {
    await assert.rejects(matchesPasswordHash('$2b$10$abcdefghijklmnopqrstuv', 'a password'), /is not supported/);
  });
});

const salt = text('a salt of 16 byt');
const hash = text('a hash of thirty-two bytes......');

const refused: Readonly<Record<string, string>> = {
  nothing: '',
  bcrypt: '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
  'plain text': 'correct horse battery staple',
  'scrypt that asks for more than 128 MiB': `$scrypt$ln=18,r=8,p=1$${salt}$${hash}`,
  'scrypt that asks for too many lanes': `$scrypt$ln=14,r=8,p=32$${salt}$${hash}`,
  'scrypt without rounds': `$scrypt$ln=14,r=0,p=1$${salt}$${hash}`,
  'scrypt with half a cost': `$scrypt$ln=14.5,r=8,p=1$${salt}$${hash}`,
  'argon2id that asks for more than 128 MiB': `$argon2id$v=19$m=131073,t=1,p=1$${salt}$${hash}`,
  'argon2id that asks for too many passes': `$argon2id$v=19$m=19456,t=100,p=1$${salt}$${hash}`,
  'argon2d, which leaks by its timing': `$argon2d$v=19$m=19456,t=2,p=1$${salt}$${hash}`,
  'PBKDF2 with too many iterations': `$pbkdf2-sha256$i=2000001$${salt}$${hash}`,
  'PBKDF2 with too many iterations for two blocks': `$pbkdf2-sha256$i=1000001$${salt}$${text('x'.repeat(64))}`,
  'PBKDF2 without iterations': `$pbkdf2-sha256$i=0$${salt}$${hash}`,
  'PBKDF2 with another digest': `$pbkdf2-md5$i=1000$${salt}$${hash}`,
  'a salt of seven bytes': `$pbkdf2-sha256$i=1000$${text('1234567')}$${hash}`,
  'a hash of fifteen bytes': `$pbkdf2-sha256$i=1000$${salt}$${text('123456789012345')}`,
  'a hash of sixty-five bytes': `$pbkdf2-sha512$i=1000$${salt}$${text('x'.repeat(65))}`,
  'base64 with padding': `$pbkdf2-sha256$i=1000$${salt}$${hash}=`,
  'something behind it': `$pbkdf2-sha256$i=1000$${salt}$${hash}\n`,
};

for (const [what, phc] of Object.entries(refused)) {
  test(`${what} is no hash to check passwords against`, () => assert.equal(isPasswordHash(phc), false));
}

for (const phc of [
  `$scrypt$ln=17,r=8,p=1$${salt}$${hash}`,
  `$scrypt$ln=14,r=16,p=1$${salt}$${hash}`,
  `$argon2id$v=19$m=131072,t=2,p=4$${salt}$${hash}`,
  `$argon2i$v=19$m=512,t=2,p=2$${salt}$${hash}`,
  `$pbkdf2-sha256$i=2000000$${salt}$${hash}`,
  `$pbkdf2-sha512$i=210000$${salt}$${text('x'.repeat(64))}`,
]) {
  test(`${phc.split('$').slice(1, -2).join(' ')} is within the bounds`, () => assert.ok(isPasswordHash(phc)));
}
