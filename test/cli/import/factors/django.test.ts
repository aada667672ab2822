import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hash, serverFolder, imports, login, salt, testHarmless, testImporter } from '../../../../kit/imports.ts';
import { serve } from '../../../../kit/process.ts';

type Row = { readonly model: string; readonly pk?: unknown; readonly fields: Readonly<Record<string, unknown>> };

const djangoPassword = `pbkdf2_sha256$1$${salt.toString()}$${hash.toString('base64')}`;
const userRow = (pk: number, username: string, more: object = {}): Row => ({
  model: 'auth.user',
  pk,
  fields: { username, password: djangoPassword, last_login: null, email: '', is_active: true, ...more },
});

const key = '3132333435363738393031323334353637383930';
const totp = { name: 'default', confirmed: true, key, step: 30, t0: 0, digits: 6, tolerance: 1, drift: 0, last_t: -1 };
const phone = { name: 'default', confirmed: true, number: '+12025550123', key, method: 'sms' };

/** Rows of second factors, by the name of their user, whose primary key is `user` where nothing else is said. */
const skipped: Readonly<Record<string, readonly [model: string, fields: object]>> = {
  otp_static: ['otp_static.staticdevice', { confirmed: true }],
  otp_email: ['otp_email.emaildevice', { confirmed: true, email: null }],
  otp_hotp: ['otp_hotp.hotpdevice', { confirmed: true, key, counter: 1 }],
  otp_twilio: ['otp_twilio.twiliosmsdevice', { confirmed: true, number: '+12025550123' }],
  otp_yubikey: ['otp_yubikey.yubikeydevice', { confirmed: true }],
  'otp_yubikey, remote': ['otp_yubikey.remoteyubikeydevice', { confirmed: true, public_id: 'c' }],
  otp_webauthn: ['otp_webauthn.webauthncredential', { confirmed: true }],
  'a phone of two_factor': ['two_factor.phonedevice', phone],
  'a phone of phonenumber': ['phonenumber.phonedevice', phone],
  'a key of two_factor': ['two_factor_webauthn.webauthndevice', { name: 'key' }],
  'an app of allauth': ['mfa.authenticator', { type: 'totp', data: { secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' } }],
  'codes of allauth': ['mfa.authenticator', { type: 'recovery_codes', data: { seed: 'x', used_mask: 0 } }],
  'a key of allauth': ['mfa.authenticator', { type: 'webauthn', data: {} }],
  'a method of trench': ['trench.mfamethod', { name: 'email', is_active: true }],
  'a passkey': ['passkeys.userpasskey', { enabled: true }],
  'an app of kagi': ['kagi.totpdevice', { key }],
  'an app whose form is unknown': ['otp_totp.totpdevice', { ...totp, digits: 'six' }],
  'a key of mfa2': ['mfa.user_keys', { user: undefined, username: 'a key of mfa2', key_type: 'TOTP' }],
  'a natural key': ['otp_email.emaildevice', { user: ['a natural key'] }],
};

const others = {
  users: [
    userRow(101, 'nothing'),
    userRow(102, 'an app'),
    userRow(103, 'an app by natural key'),
    userRow(104, 'a phone of Deux'),
    userRow(105, 'another factor of Deux'),
    userRow(106, 'Deux switched off', {
      date_joined: '2026-01-01',
      groups: [1],
      department: null,
      notes: '',
      tags: [],
      more: {},
    }),
    userRow(110, 'another model with the name of Deux'),
    userRow(108, 'a user_id'),
    userRow(109, 'an owner'),
    userRow(107, 'an unconfirmed phone'),
  ],
  rows: [
    { model: 'otp_totp.totpdevice', pk: 1, fields: { user: 102, ...totp } },
    { model: 'otp_totp.totpdevice', pk: 2, fields: { user: ['an app by natural key'], ...totp } },
    { model: 'deux.multifactorauth', pk: 104, fields: { challenge_type: 'sms', phone_number: '+12025550123' } },
    { model: 'deux.multifactorauth', pk: 105, fields: { challenge_type: 'app', phone_number: '+12025550123' } },
    { model: 'deux.multifactorauth', pk: 106, fields: { challenge_type: '', phone_number: '', sms_secret_key: 'a' } },
    { model: 'our.multifactorauth', pk: 1, fields: { user: 110, challenge_type: '', totp_secret: 'GEZDGNBV' } },
    { model: 'two_factor.phonedevice', pk: 2, fields: { user: 107, ...phone, confirmed: false } },
    { model: 'mfa.key', pk: 1, fields: { user_id: 108 } },
    { model: 'mfa.key', pk: 2, fields: { owner: 109 } },
    { model: 'auth.group', pk: 1, fields: { name: 'editors' } },
  ],
};

function rowsOfAll(): readonly Row[] {
  const given = Object.entries(skipped).flatMap(([name, [model, fields]], at) => {
    const owned = 'user' in fields ? fields : { user: at + 1, ...fields };
    return [{ model, pk: at + 1, fields: { ...owned } }, userRow(at + 1, name)];
  });
  return [...given, ...others.rows, ...others.users];
}

function written(folder: string, text: string): string {
  const file = join(folder, 'dump.json');
  writeFileSync(file, text);
  return file;
}

const dumped =
  (...rows: readonly Row[]) =>
  (folder: string) =>
    written(folder, JSON.stringify(rows));
const raw = (text: string) => (folder: string) => written(folder, text);

const ada = userRow(1, 'ada');
const device = (user: unknown): Row => ({ model: 'otp_totp.totpdevice', pk: 1, fields: { user, ...totp } });
const whole = JSON.stringify([ada, userRow(2, 'bob'), device(1)]);
const fields = {
  two_fa_enabled: true,
  isTwoFAEnabled: true,
  google_auth_secret: 'x',
  authy_id: 1,
  otp_disabled: false,
  codes_left: 0,
  methods: ['', 'sms'],
};
const notThere = /without its user/;

testImporter({
  format: 'django',
  source: (folder) => dumped(...rowsOfAll())(folder),
  users: {
    ...Object.fromEntries(Object.keys(skipped).map((name) => [name, 'is not imported' as const])),
    nothing: 'logs in',
    'an app': 'is asked for a second factor',
    'an app by natural key': 'is asked for a second factor',
    'a phone of Deux': 'is asked for a second factor',
    'another factor of Deux': 'is not imported',
    'Deux switched off': 'logs in',
    'another model with the name of Deux': 'is not imported',
    'a user_id': 'is not imported',
    'an owner': 'is not imported',
    'an unconfirmed phone': 'logs in',
  },
  refused: {
    'an end before the rows of devices': [dumped(ada), /no row of a second factor.*--no-second-factors/],
    'an end in the middle of a device': [raw(whole.slice(0, -30)), /is incomplete/],
    'an end between two rows': [raw(whole.slice(0, whole.indexOf(',{"model":"otp'))), /is incomplete/],
    'a second list after the first': [
      raw(`${JSON.stringify([ada])}\n${JSON.stringify([device(1)])}`),
      /has more data after its list/,
    ],
    'a row that cannot be read': [raw(whole.replace('"otp_totp.totpdevice"', 'null')), /^model: /],
    'a device without an owner': [dumped(ada, device(null)), notThere],
    'a device whose owner is not in it': [dumped(ada, device(9)), notThere],
    'a device whose natural key no user has': [dumped(ada, device(['eve'])), notThere],
    'codes whose device is not in it': [
      dumped(ada, device(1), { model: 'otp_static.statictoken', pk: 1, fields: { device: 1, token: 'abcd2345' } }),
      /statictoken without its device/,
    ],
    'a model that is not known': [
      dumped(ada, device(1), { model: 'security.method', pk: 1, fields: { user: 1 } }),
      /unknown names: security\.method; check them, and add --harmless/,
    ],
    'a list that ends with the bracket of an object': [raw(`${whole.slice(0, -1)}}`), /is not valid I-JSON/],
    'a comma and no row after it': [raw(`${whole.slice(0, -1)},]`), /is not valid I-JSON/],
    'fields that are not known': [
      dumped(userRow(1, 'ada', fields), device(1)),
      new RegExp(`unknown names: ${Object.keys(fields).toSorted().join(', ')}; check them, and add --harmless`),
    ],
    'two models of users': [
      dumped(ada, device(1), { ...ada, model: 'accounts.customuser' }),
      /more than one model: accounts\.customuser, auth\.user/,
    ],
  },
});

test('django: --no-second-factors says that the source has none, and whoever has one is still not imported', async () => {
  const server = await serve({ folder: await serverFolder() });
  const imported = (...rows: readonly Row[]) =>
    imports(server.folder, ['django', dumped(...rows)(server.folder), '--no-second-factors']);
  assert.equal((await imported({ ...ada, model: 'accounts.customuser' })).code, 0);
  assert.equal(await login(server, 'ada'), 'logs in');
  assert.equal((await imported(userRow(2, 'bob'), device(2))).code, 0);
  assert.equal(await login(server, 'bob'), 'is asked for a second factor');
});

test('django: a dump without users is refused', async () => {
  const folder = await serverFolder();
  const { code, stderr } = await imports(folder, ['django', dumped()(folder)]);
  assert.deepEqual([code, stderr], [1, 'countersign: the source has no users\n']);
});

testHarmless({
  format: 'django',
  source: dumped(
    userRow(1, 'ada', { department: 'x', newsletter: false }),
    userRow(2, 'bob', { department: 'y' }),
    device(2),
    { model: 'blog.post', pk: 1, fields: { author: 1 } },
    { model: 'maps.footprint', pk: 1, fields: {} },
  ),
  names: ['blog.post', 'department', 'maps.footprint', 'newsletter'],
  factors: ['otp_totp.totpdevice', 'otp_static.statictoken', 'deux.multifactorauth', 'mfa.authenticator'],
});

test('django: of many names that are not known twenty are shown, and of names with invisible characters none', async () => {
  const folder = await serverFolder();
  const many = Array.from({ length: 25 }, (_, at) => ({ model: `app.model${at + 10}`, pk: 1, fields: {} }));
  const rows = [{ model: 'x\u0007', pk: 1, fields: {} }, ...many, ada, device(1)];
  const { stdout } = await imports(folder, ['django', dumped(...rows)(folder)]);
  const names = many.slice(0, 20).map(({ model }) => model);
  assert.ok(stdout.includes(`unknown names: ${names.join(', ')}, and others; check them, and add --harmless`), stdout);
});
