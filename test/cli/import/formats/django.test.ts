import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readDjango } from '../../../../src/cli/import/formats/django.ts';
import { twoPasses } from '../../../../src/cli/import/passes.ts';
import { entriesOf, fixture, found, importedOf, told, writtenFile } from './help.ts';

describe('Django, with django-otp and Deux', () => {
  test('its users come with their passwords and with the devices that were confirmed', async () => {
    const all = await found(readDjango(twoPasses(fixture('django.json'))));
    assert.deepEqual(all.map(told), [
      'ada, password, totp phone, no recovery codes, guarded',
      'bob, password',
      'cy, password',
      'dee, password, no totp',
      'eve: is disabled in the source',
      'fay, password, sms, backup, guarded',
      'gil, password, no recovery codes, guarded',
    ]);
    const { lastStep, ...rest } = importedOf(all, 'ada', 'totp') as { lastStep: number };
    assert.deepEqual(rest, { seed: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', period: 30, digits: 6 });
    // The device was used when the fixture was made, some time after its users.
    assert.ok(lastStep > Date.parse('2026-01-01T00:00:00Z') / 30_000);
    assert.deepEqual(importedOf(all, 'fay', 'sms'), { destination: '2025550123' });
    assert.deepEqual(importedOf(all, 'fay', 'backup'), { code: '0123456789ab' });
    assert.match(JSON.stringify(importedOf(all, 'ada', 'password')), /\$pbkdf2-sha256\$i=260000\$/);
    assert.match(JSON.stringify(importedOf(all, 'bob', 'password')), /\$argon2id\$v=19\$m=102400,t=2,p=8\$/);
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
    'has an unknown form': { key: 5 },
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
    const kept = importedOf(await found(readDjango(file, noFactors)), 'ada', 'password');
    assert.match(JSON.stringify(kept), /\$scrypt\$ln=14,r=8,p=5\$c2FsdCBvZiBEamFuZ28\$Bwc/);
  });

  for (const [what, [object, why]] of Object.entries({
    'no object': ['1', 'Invalid input: expected object, received number'],
    'an object without a model': ['{"model": 2}', 'model: Invalid input: expected string, received number'],
    'an object of a megabyte': [`"${'x'.repeat(2 ** 20)}"`, 'is longer than 64 KiB'],
    'a string without end': ['"', 'is incomplete'],
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
