import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { unpaddedBase64 } from '../../../../src/base/password-hash.ts';
import { hash, serverFolder, imports, login, salt, testImporter } from '../../../../kit/imports.ts';
import { serve } from '../../../../kit/process.ts';

const phc = `$pbkdf2-sha256$i=1$${unpaddedBase64(salt)}$${unpaddedBase64(hash)}`;
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

const factors: Readonly<Record<string, readonly object[]>> = {
  nothing: [],
  'an app': [{ type: 'totp', secret }],
  'a phone': [{ type: 'sms', phone: '+12025550123' }],
  'an address': [{ type: 'email', email: 'ada@example.com' }],
  'an app and a phone that cannot be reached': [
    { type: 'totp', secret },
    { type: 'sms', phone: '1' },
  ],
  'a phone that cannot be reached': [{ type: 'sms', phone: '1' }],
  'a seed that is too short': [{ type: 'totp', secret: 'GEZDGNBV' }],
  'a counter': [{ type: 'hotp', secret, counter: 1 }],
  'a key': [{ type: 'webauthn', id: 'x' }],
  'an app and a key': [{ type: 'totp', secret }, { type: 'webauthn' }],
  'an app with a member nobody knows': [{ type: 'totp', secret, counter: 1 }],
};
const line = (name: string, more: object = {}) => `${JSON.stringify({ name, password: phc, ...more })}\n`;

const lines = [
  ...Object.entries(factors).map(([name, given]) => line(name, { factors: given })),
  line('a member nobody knows', { mfa: ['webauthn'] }),
  // A line that says less of the same user changes nothing.
  line('a member nobody knows'),
  line('A KEY'),
  line('null for factors', { factors: null }),
  // Nor does an earlier one.
  line('a plain line first'),
  line('A plain line first', { factors: [{ type: 'totp', secret }] }),
];

const comes: readonly string[] = ['an app', 'a phone', 'an address', 'an app and a phone that cannot be reached'];
const unreadable: readonly string[] = ['a member nobody knows', 'null for factors', 'a plain line first'];

const written = (text: string) => (folder: string) => {
  const file = join(folder, 'users.jsonl');
  writeFileSync(file, text);
  return file;
};
const app = line('ada', { factors: [{ type: 'totp', secret }] });

testImporter({
  format: 'jsonl',
  source: written(lines.join('')),
  users: {
    ...Object.fromEntries([...Object.keys(factors), ...unreadable].map((name) => [name, 'is not imported' as const])),
    ...Object.fromEntries(comes.map((name) => [name, 'is asked for a second factor' as const])),
    nothing: 'logs in',
  },
  refused: {
    'a cut last line': [written(line('ada') + app.slice(0, -20)), /is not valid I-JSON/],
    'a line that is no JSON, and a plain line': [
      written(`${app.replace(':', '')}${line('ada')}`),
      /is not valid I-JSON/,
    ],
    'a line that is too long, and a plain line': [
      written(line('ada', { factors: [{ type: 'totp', secret, label: 'x'.repeat(2 ** 16) }] }) + line('ada')),
      /is longer than 64 KiB/,
    ],
    'a line without a name, and a plain line': [written(app.replace('name', 'Name') + line('ada')), /^name: /],
  },
});

/** A field of Protocol Buffers that holds bytes. */
const bytes = (field: number, value: Buffer) => Buffer.concat([Buffer.from([field * 8 + 2, value.length]), value]);
function migration(name: string, type: number): string {
  const entry = Buffer.concat([bytes(1, Buffer.alloc(20, 7)), bytes(2, Buffer.from(name)), Buffer.from([6 * 8, type])]);
  return `otpauth-migration://offline?data=${encodeURIComponent(bytes(1, entry).toString('base64'))}\n`;
}

test('otpauth-migration: whoever has nothing but counters, or a cut line, is not imported; nobody has a password', async () => {
  const server = await serve({ folder: await serverFolder() });
  const whole = migration('ada', 2) + migration('bob', 1) + migration('cy', 0);
  const { code, stdout } = await imports(
    server.folder,
    ['otpauth-migration', '-'],
    whole + migration('dee', 2).slice(0, -12),
  );
  assert.deepEqual([code, stdout.split('\n')[0]], [1, 'users: 1 imported, 0 existing, 3 skipped']);
  for (const name of ['ada', 'bob', 'cy', 'dee']) assert.equal(await login(server, name), 'is not imported');
});
