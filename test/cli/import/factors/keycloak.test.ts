import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hash, salt, testHarmless, testImporter } from '../../../../kit/imports.ts';

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
  nothing: {
    attributes: { locale: ['en'], phoneNumber: ['+12025550123'], department: [''], teams: [], x: null },
    totp: false,
    requiredActions: ['VERIFY_EMAIL'],
    disableableCredentialTypes: ['password'],
    newMember: [],
  },
  'null for actions': { requiredActions: null, attributes: null, disableableCredentialTypes: null },
  'an app that can be disabled': { disableableCredentialTypes: ['password', 'otp'] },
  'nothing since their password was changed': { credentials: [password, { type: 'password-history' }] },
  'an app that is not in the file': { totp: true },
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
const unknown = {
  attributes: { two_fa_enabled: ['true'], authenticationMethod: ['sms'], otp_disabled: ['false'] },
  mfaTokens: [{}, 1],
};
const comes: readonly string[] = ['an app', 'an app and a phone'];

testImporter({
  format: 'keycloak',
  source: raw(JSON.stringify({ realm: 'east', users: all })),
  users: {
    ...Object.fromEntries(all.map(({ username }) => [username, 'is not imported' as const])),
    ...Object.fromEntries(comes.map((name) => [name, 'is asked for a second factor' as const])),
    nothing: 'logs in',
    'null for actions': 'logs in',
    'nothing since their password was changed': 'logs in',
  },
  refused: {
    'an end in the middle of a user': [
      raw(whole.slice(0, whole.indexOf('"hashIter', whole.indexOf('bob')))),
      /is incomplete/,
    ],
    'an end between two users': [raw(whole.slice(0, whole.indexOf(',{"username":"bob"'))), /is incomplete/],
    'an end after the users': [raw(whole.slice(0, whole.indexOf(',"groups"'))), /is incomplete/],
    'something after its end': [raw(whole + whole), /has more data after its export/],
    'two lists of users': [
      raw(
        JSON.stringify({ users: [user('ada')] }).replace(
          /}$/,
          `,${JSON.stringify({ users: [user('ada', [otp('totp')])] }).slice(1)}`,
        ),
      ),
      /more than one list of users/,
    ],
    'a list that ends with the bracket of an object': [
      raw(`{"users":[${JSON.stringify(user('ada'))}}}`),
      /is not valid I-JSON/,
    ],
    'a user that is too long': [
      raw(JSON.stringify({ users: [user('ada', [{ type: 'x'.repeat(2 ** 18) }]), user('ada')] })),
      /is longer than 256 KiB/,
    ],
    'a user whose name is not read': [
      raw(JSON.stringify({ users: [user('ada'), { ...user(''), username: ['ada'] }] })),
      /^username: /,
    ],
    'members and attributes that are not known': [
      raw(JSON.stringify({ users: [user('ada', [], unknown)] })),
      /unknown names: authenticationMethod, mfaTokens, otp_disabled, two_fa_enabled; check them, and add --harmless/,
    ],
  },
});

const declared = [
  user('ada', [], { attributes: { department: ['x'], 'urn:oid:1.2': ['1'] } }),
  user('bob', [], { attributes: { newsletter: ['false'], department: ['y'] }, clearance: 1 }),
];
testHarmless({
  format: 'keycloak',
  source: raw(JSON.stringify({ users: declared })),
  names: ['clearance', 'department', 'newsletter', 'urn:oid:1.2'],
  factors: ['totp', 'credentials', 'disableableCredentialTypes', 'requiredActions'],
});
