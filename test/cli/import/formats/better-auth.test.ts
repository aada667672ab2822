import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { readBetterAuth } from '../../../../src/cli/import/formats/better-auth.ts';
import { newFolder } from '../../../../kit/process.ts';
import { fileOf, fixture, found, importedOf, told } from './help.ts';

const applicationSecret = 'the secret of an application, for tests only';

/** A database made anew of its dump. */
function betterAuthDatabase(): string {
  const file = join(newFolder(), 'app.db');
  const database = new DatabaseSync(file);
  database.exec(readFileSync(fixture('better-auth.sql'), 'utf8'));
  database.close();
  return file;
}

describe('Better Auth', () => {
  test('its users come with their passwords and with the apps that they showed to work', async () => {
    const all = await found(readBetterAuth(betterAuthDatabase(), applicationSecret));
    assert.deepEqual(
      all.map(told).toSorted((one, other) => (one < other ? -1 : 1)),
      [
        'ada, password, totp, no recovery codes, guarded',
        'bob@example.com, password',
        'cy@example.com, password, no totp',
        'dee@example.com: is disabled in the source',
      ],
    );
    const [, seed] = /ada's seed is (\S+)/.exec(readFileSync(fixture('better-auth.sql'), 'utf8')) ?? [];
    assert.deepEqual(importedOf(all, 'ada', 'totp'), { seed });
    assert.match(String(Object.values(importedOf(all, 'ada', 'password') ?? {})[0]), /^\$scrypt\$ln=14,r=16,p=1\$/);
  });

  test('with another secret the seeds stay closed', async () => {
    const all = await found(readBetterAuth(betterAuthDatabase(), 'another secret'));
    assert.ok(all.map(told).includes('ada, password, no totp, no recovery codes, guarded'));
  });

  test('a secret under a version, and a seed that came from elsewhere, are read', async () => {
    const file = betterAuthDatabase();
    const database = new DatabaseSync(file);
    database.exec(`update "twoFactor" set secret = '$ba$3$' || secret`);
    database.close();
    assert.ok(importedOf(await found(readBetterAuth(file, applicationSecret)), 'ada', 'totp'));
  });

  test('without its plugins there is less in it, and no secret is asked for', async () => {
    const file = join(newFolder(), 'app.db');
    const database = new DatabaseSync(file);
    database.exec(`create table user (id text, email text); create table account ("userId" text, "providerId" text, password text);
      insert into user values ('1', 'ada@example.com'), ('2', null)`);
    database.close();
    assert.deepEqual((await found(readBetterAuth(file, undefined))).map(told), [
      'ada@example.com',
      '?: email: Invalid input: expected string, received null',
    ]);
  });

  test('the secret is asked for, and a database of something else is refused', () => {
    assert.throws(() => readBetterAuth(betterAuthDatabase(), undefined), /set BETTER_AUTH_SECRET/);
    assert.throws(() => readBetterAuth(fileOf(''), 'a secret'), /not a database of Better Auth/);
  });
});
