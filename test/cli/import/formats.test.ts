import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readBetterAuth } from '../../../src/cli/import/formats/better-auth.ts';
import { readDjango } from '../../../src/cli/import/formats/django.ts';
import { readJsonLines } from '../../../src/cli/import/formats/jsonl.ts';
import { readKeycloak } from '../../../src/cli/import/formats/keycloak.ts';
import { readMigrations } from '../../../src/cli/import/formats/otpauth-migration.ts';
import { bytesOf } from '../../../src/cli/import/bytes.ts';
import { twoPasses } from '../../../src/cli/import/passes.ts';
import type { Found, Reading } from '../../../src/cli/import/found.ts';
import { newFolder } from '../../../kit/process.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/import/${name}`, import.meta.url));
const applicationSecret = 'the secret of an application, for tests only';

/** A database made anew of its dump. */
function betterAuthDatabase(): string {
  const file = join(newFolder(), 'app.db');
  const database = new DatabaseSync(file);
  database.exec(readFileSync(fixture('better-auth.sql'), 'utf8'));
  database.close();
  return file;
}

async function entriesOf({ users }: Reading): Promise<Found[]> {
  const all: Found[] = [];
  for await (const one of users()) all.push(one);
  return all;
}

/** What an import takes of a source, which it reads twice. */
async function found(reading: Reading): Promise<Found[]> {
  await entriesOf(reading);
  const all = await entriesOf(reading);
  assert.equal(reading.fraction(), 1);
  reading.close?.();
  return all;
}

/** What matters of somebody, in one line a thing. */
function told(one: Found): string {
  if ('why' in one) return `${one.name ?? '?'}: ${one.why}`;
  const { profile, authenticators, left, guarded } = one;
  const kept = authenticators.map(({ kind, label }) => (label === null ? kind : `${kind} ${label}`));
  return [profile.name, ...kept, ...left.map(({ what }) => `no ${what}`), ...(guarded ? ['guarded'] : [])].join(', ');
}

function keptOf(all: readonly Found[], name: string, kind: string): unknown {
  const one = all.find((each) => 'profile' in each && each.profile.name === name);
  assert.ok(one && 'profile' in one);
  return one.authenticators.find((each) => each.kind === kind)?.kept;
}

const written = (text: string | Buffer) => bytesOf(fileOf(text));
const writtenFile = (text: string | Buffer) => twoPasses(fileOf(text));

function fileOf(text: string | Buffer): string {
  const file = join(newFolder(), 'source');
  writeFileSync(file, text);
  return file;
}

const notJson = 'is no JSON that two programs read alike (RFC 7493)';
const sourceOr = (one: Found) => ('why' in one && one.what === 'source' ? `source: ${one.why}` : told(one));

describe('Better Auth', () => {
  test('its users come with their passwords and with the apps that they showed to work', async () => {
    const all = await found(readBetterAuth(betterAuthDatabase(), applicationSecret));
    assert.deepEqual(
      all.map(told).toSorted((one, other) => (one < other ? -1 : 1)),
      [
        'ada, password, totp, no recovery codes, guarded',
        'bob@example.com, password',
        'cy@example.com, password, no totp',
        'dee@example.com: is switched off there',
      ],
    );
    const [, seed] = /ada's seed is (\S+)/.exec(readFileSync(fixture('better-auth.sql'), 'utf8')) ?? [];
    assert.deepEqual(keptOf(all, 'ada', 'totp'), { seed });
    assert.match(String(Object.values(keptOf(all, 'ada', 'password') ?? {})[0]), /^\$scrypt\$ln=14,r=16,p=1\$/);
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
    assert.ok(keptOf(await found(readBetterAuth(file, applicationSecret)), 'ada', 'totp'));
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
    assert.throws(() => readBetterAuth(fileOf(''), 'a secret'), /no database of Better Auth/);
  });
});

describe('Django, with django-otp and Deux', () => {
  test('its users come with their passwords and with the devices that were confirmed', async () => {
    const all = await found(readDjango(twoPasses(fixture('django.json'))));
    assert.deepEqual(all.map(told), [
      'ada, password, totp phone, no recovery codes, guarded',
      'bob, password',
      'cy, password',
      'dee, password, no totp',
      'eve: is switched off there',
      'fay, password, sms, backup, guarded',
      'gil, password, no recovery codes, guarded',
    ]);
    const { lastStep, ...rest } = keptOf(all, 'ada', 'totp') as { lastStep: number };
    assert.deepEqual(rest, { seed: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', period: 30, digits: 6 });
    // The device was used when the fixture was made, some time after its users.
    assert.ok(lastStep > Date.parse('2026-01-01T00:00:00Z') / 30_000);
    assert.deepEqual(keptOf(all, 'fay', 'sms'), { destination: '2025550123' });
    assert.deepEqual(keptOf(all, 'fay', 'backup'), { code: '0123456789ab' });
    assert.match(JSON.stringify(keptOf(all, 'ada', 'password')), /\$pbkdf2-sha256\$i=260000\$/);
    assert.match(JSON.stringify(keptOf(all, 'bob', 'password')), /\$argon2id\$v=19\$m=102400,t=2,p=8\$/);
  });

  const device = {
    user: 1,
    name: '',
    confirmed: true,
    key: '00'.repeat(20),
    step: 30,
    t0: 0,
    digits: 6,
    drift: 0,
    last_t: 5,
  };
  const noFactors = { secondFactors: false };
  const user = { username: 'ada', password: '!nobody', email: '', first_name: '', last_name: '', is_active: true };
  const dumped = (fields: object, model = 'otp_totp.totpdevice') =>
    writtenFile(
      JSON.stringify([
        { model, pk: 1, fields },
        { model: 'auth.user', pk: 1, fields: user },
      ]),
    );

  for (const [what, fields] of Object.entries({
    'counts from another instant': { t0: 1 },
    'has a clock that is far off': { drift: -2 },
    'has no form that is known': { key: 5 },
  })) {
    test(`a device that ${what} is left, and its user is known to have had it`, async () => {
      const all = await found(readDjango(dumped({ ...device, ...fields })));
      assert.deepEqual(all.map(told), ['ada, no totp, guarded']);
    });
  }

  test('a device of another plugin is one too', async () => {
    const all = await found(readDjango(dumped({ user: 1 }, 'otp_email.emaildevice')));
    assert.deepEqual(all.map(told), ['ada, no another device, guarded']);
  });

  test('a user model of one’s own is read, and who can not log in has no password', async () => {
    const file = writtenFile(JSON.stringify([{ model: 'accounts.user', pk: 'a-uuid', fields: user }]));
    assert.deepEqual((await found(readDjango(file, noFactors))).map(told), ['ada']);
  });

  test('the scrypt of newer versions is read', async () => {
    const password = `scrypt$16384$salt of Django$8$5$${Buffer.alloc(64, 7).toString('base64')}`;
    const file = writtenFile(JSON.stringify([{ model: 'auth.user', pk: 1, fields: { ...user, password } }]));
    const kept = keptOf(await found(readDjango(file, noFactors)), 'ada', 'password');
    assert.match(JSON.stringify(kept), /\$scrypt\$ln=14,r=8,p=5\$c2FsdCBvZiBEamFuZ28\$Bwc/);
  });

  for (const [what, [object, why]] of Object.entries({
    'no object': ['1', 'Invalid input: expected object, received number'],
    'an object without a model': ['{"model": 2}', 'model: Invalid input: expected string, received number'],
    'an object of a megabyte': [`"${'x'.repeat(2 ** 20)}"`, 'is longer than 64 KiB'],
    'a string without end': ['"', 'ends in the middle'],
  })) {
    test(`a dump with ${what} imports no user`, async () => {
      const ada = JSON.stringify({ model: 'auth.user', pk: 1, fields: user });
      const all = await entriesOf(readDjango(writtenFile(`[${ada}, ${object}]`), noFactors));
      assert.deepEqual(all.map(told), ['ada', `?: ${why}`]);
    });
  }

  test('a user whose fields cannot be read is named, and the others come', async () => {
    const [broken, ada] = [{}, user].map((fields, at) => ({ model: 'auth.user', pk: at, fields }));
    const all = await found(readDjango(writtenFile(JSON.stringify([broken, ada])), noFactors));
    assert.deepEqual(all.map(told), ['?: username: Invalid input: expected string, received undefined', 'ada']);
  });
});

describe('Keycloak', () => {
  test('its users come with their passwords and their apps', async () => {
    const all = await found(readKeycloak(twoPasses(fixture('keycloak.json'))));
    assert.deepEqual(all.map(told), [
      'ada, password, totp phone, no recovery codes, guarded',
      'bob, password',
      'cy, password, totp phone, guarded',
      'dee, password, no another credential, guarded',
      'eve: is switched off there',
      'fay, password, no hotp, guarded',
      'gil, no password',
      'hal, password',
      "service-account-app: is a client's account and no person's",
    ]);
    assert.deepEqual(keptOf(all, 'ada', 'totp'), {
      seed: 'MZXEGWCSKB3EW6KUPBNHO5SDPJ4HOWSS',
      algorithm: 'SHA1',
      digits: 6,
      period: 30,
    });
    assert.deepEqual(keptOf(all, 'cy', 'totp'), {
      seed: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA',
      algorithm: 'SHA256',
      digits: 8,
      period: 60,
    });
    assert.match(JSON.stringify(keptOf(all, 'ada', 'password')), /\$argon2id\$v=19\$m=7168,t=5,p=1\$/);
    assert.match(JSON.stringify(keptOf(all, 'bob', 'password')), /\$pbkdf2-sha512\$i=210000\$/);
  });

  test('null for a list is none', async () => {
    const user = { username: 'ada', enabled: true, credentials: null, requiredActions: null };
    const all = await found(readKeycloak(writtenFile(JSON.stringify({ users: [user] }))));
    assert.deepEqual(all.map(told), ['ada']);
  });

  test('a user who says nothing about being enabled is not', async () => {
    assert.deepEqual((await found(readKeycloak(writtenFile('{"users":[{"username":"ada"}]}')))).map(told), [
      'ada: is switched off there',
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
    assert.deepEqual(keptOf(all, 'ada', 'totp'), {
      seed: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
      algorithm: 'SHA1',
      digits: 6,
    });
    assert.deepEqual(keptOf(all, 'bob@example.com', 'totp'), {
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
        '?: is no otpauth-migration://offline?data=…',
      ]);
    });
  }

  test('more entries than people have are refused', async () => {
    const many = uri(Array.from({ length: 5000 }, () => [10, 0]).flat());
    const all = await found(readMigrations(written(many + many + many)));
    assert.deepEqual(all.map(told)[0], '?: there are more than 10000 entries: divide them over several runs');
  });
});

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
    'no JSON': ['hunter22', 'is no JSON that two programs read alike (RFC 7493)'],
    'a list': ['[]', 'Invalid input: expected object, received array'],
    'no name': ['{}', 'name: Invalid input: expected string, received undefined'],
    'a member twice': ['{"name":"a","name":"b"}', 'is no JSON that two programs read alike (RFC 7493)'],
    'a member nobody knows': ['{"name":"a","hunter22":1}', 'holds a member that has no meaning here', 'a'],
    'such a member further in': [
      '{"name":"a","factors":[{"type":"sms","phone":"","hunter22":1}]}',
      'factors: holds a member that has no meaning here',
      'a',
    ],
    'a factor nobody knows': [
      '{"name":"a","factors":[{"type":"hunter22"}]}',
      "factors.type: Invalid discriminator value. Expected 'totp' | 'sms' | 'email'",
      'a',
    ],
    'half a character': ['{"name":"\\ud800"}', 'is no JSON that two programs read alike (RFC 7493)'],
    'bytes that are no UTF-8': [Buffer.from([0x22, 0xff, 0x22]), 'is no JSON that two programs read alike (RFC 7493)'],
    'brackets without end': ['['.repeat(60_000), 'is no JSON that two programs read alike (RFC 7493)'],
    'a megabyte': [`"${'x'.repeat(2 ** 20)}"`, 'is longer than 64 KiB'],
  })) {
    test(`a line with ${what} is named by what is wrong, repeats nothing, and stops the import where it has no name`, async () => {
      const both = Buffer.concat([Buffer.from(text), Buffer.from('\n{"name":"next"}\n')]);
      const all = await entriesOf(readJsonLines(writtenFile(both)));
      assert.deepEqual(all.map(sourceOr), [name === undefined ? `source: ${why}` : `${name}: ${why}`, 'next']);
    });
  }
});
