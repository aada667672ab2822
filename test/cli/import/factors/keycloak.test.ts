import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hash, salt, testImporter } from '../../../support/imports.ts';

const password = {
  type: 'password',
  secretData: JSON.stringify({ value: hash.toString('base64'), salt: salt.toString('base64') }),
  credentialData: JSON.stringify({ hashIterations: 1, algorithm: 'pbkdf2-sha256' }),
};
const otp = (subType: string, more: object = {}) => ({
  type: 'otp',
  secretData: '{"value":"12345678901234567890"}',
  credentialData: JSON.stringify({ subType, digits: 6, period: 30, algorithm: 'HmacSHA1', ...more }),
});

/** Credentials beside the password, by the name of their user. */
const credentials: Readonly<Record<string, readonly object[]>> = {
  'an app': [otp('totp')],
  'an app and a phone': [otp('totp'), { type: 'mobile-number', secretData: '{}', credentialData: '{}' }],
  'a counter': [otp('hotp', { counter: 1 })],
  'an app whose form is unknown': [otp('totp', { digits: 'six' })],
  'a key': [{ type: 'webauthn', secretData: '{}', credentialData: '{}' }],
  'a passkey': [{ type: 'webauthn-passwordless', secretData: '{}', credentialData: '{}' }],
  'recovery codes': [{ type: 'recovery-authn-codes', secretData: '{}', credentialData: '{}' }],
  'a phone': [{ type: 'mobile-number', secretData: '{}', credentialData: '{"mobileNumber":"+12025550123"}' }],
  'an app before Keycloak 8': [
    { type: 'totp', value: 'abcdefghijklmnopqrst', algorithm: 'HmacSHA1', digits: 6, period: 30 },
  ],
  'a counter before Keycloak 8': [{ type: 'hotp', value: 'abcdefghijklmnopqrst', counter: 1 }],
  'a credential nobody knows': [{ type: 'x' }],
  'a credential without a type': [{ secretData: '{}' }],
};

/** What else a user may hold. */
const members: Readonly<Record<string, object>> = {
  nothing: { attributes: { locale: ['en'], mfa_enabled: false }, totp: false, requiredActions: ['VERIFY_EMAIL'] },
  'nothing since their password was changed': { credentials: [password, { type: 'password-history' }] },
  'an app that is not in the file': { totp: true },
  'an attribute of an app': { attributes: { mfa_phone: ['+12025550123'] } },
  'an app to be enrolled': { requiredActions: ['CONFIGURE_TOTP'] },
  'a key to be enrolled': { requiredActions: ['webauthn-register'] },
  'an action nobody knows': { requiredActions: ['x'] },
};

const user = (username: string, beside: readonly object[] = [], more: object = {}) => ({
  username,
  enabled: true,
  credentials: [password, ...beside],
  ...more,
});

const all = [
  ...Object.entries(credentials).map(([name, beside]) => user(name, beside)),
  ...Object.entries(members).map(([name, more]) => user(name, [], more)),
];

const raw = (text: string) => (folder: string) => {
  const file = join(folder, 'realm.json');
  writeFileSync(file, text);
  return file;
};

const whole = JSON.stringify({ realm: 'east', users: [user('ada'), user('bob', [otp('totp')])], groups: [] });
const comes: readonly string[] = ['an app', 'an app and a phone'];

testImporter({
  format: 'keycloak',
  source: raw(JSON.stringify({ realm: 'east', users: all })),
  users: {
    ...Object.fromEntries(all.map(({ username }) => [username, 'is not imported' as const])),
    ...Object.fromEntries(comes.map((name) => [name, 'is asked for a second factor' as const])),
    nothing: 'logs in',
    'nothing since their password was changed': 'logs in',
  },
  refused: {
    'an end in the middle of a user': [
      raw(whole.slice(0, whole.indexOf('"hashIter', whole.indexOf('bob')))),
      /ends in the middle/,
    ],
    'an end between two users': [raw(whole.slice(0, whole.indexOf(',{"username":"bob"'))), /ends in the middle/],
    'an end after the users': [raw(whole.slice(0, whole.indexOf(',"groups"'))), /ends in the middle/],
    'something after its end': [raw(whole + whole), /goes on after its export/],
  },
});
