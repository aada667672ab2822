/** The options of the library, as programs without types get them wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SetupError } from '../src/base/fault.ts';
import { variables } from '../src/cli/variables.ts';
import { createCountersign } from '../src/index.ts';
import { checkOptions } from '../src/options.ts';

const good = { database: 'sqlite::memory:', keysFile: './keys.json', url: 'https://shop.example/mfa' };

const said = (options: unknown): string => {
  try {
    checkOptions(options);
  } catch (error) {
    assert.ok(error instanceof SetupError);
    return error.message.replace(/^createCountersign: /, '');
  }
  return assert.fail('the options were accepted');
};

test('good options are accepted, also the optional ones', () => {
  checkOptions(good);
  checkOptions({
    ...good,
    hasBasePath: true,
    trustedProxies: ['loopback', '10.0.0.0/8', '2001:db8::1'],
    forwardedHeader: 'forwarded',
    admin: { username: 'admin', password: undefined },
    registration: 'open',
    gateways: 'smtp://mail.example.com?from=a@example.com',
    texts: [],
    region: 'DE',
    codeDigits: 8,
    sending: { perDay: 3 },
    duo: { hosts: ['duo.example.com:8443'], deadline: 100 },
    doors: ['self-service', 'challenges'],
    hashing: 2,
    clock: { now: () => 0 },
  });
  checkOptions({ ...good, gateways: [{ name: 'mine', channels: ['sms'], send: async () => ({ ok: true }) }] });
});

/** The same sentences as the command line's. */
const like = (variable: keyof typeof variables) => `expected ${variables[variable].type}`;

const mistakes: readonly (readonly [what: string, options: unknown, said: string])[] = [
  ['no options', undefined, 'expected the options database, keysFile and url'],
  ['no database', { ...good, database: undefined }, `database: ${like('COUNTERSIGN_DATABASE')}`],
  ['a database that is a path', { ...good, database: './mfa.db' }, `database: ${like('COUNTERSIGN_DATABASE')}`],
  ['no keysFile', { ...good, keysFile: undefined }, `keysFile: ${like('COUNTERSIGN_KEYS')}`],
  ['an empty keysFile', { ...good, keysFile: '' }, `keysFile: ${like('COUNTERSIGN_KEYS')}`],
  ['no url', { ...good, url: undefined }, `url: ${like('COUNTERSIGN_URL')}`],
  ['a url without a scheme', { ...good, url: 'shop.example' }, `url: ${like('COUNTERSIGN_URL')}`],
  ['a url with a query', { ...good, url: 'https://a.example/?b' }, `url: ${like('COUNTERSIGN_URL')}`],
  [
    'a proxy',
    { ...good, trustedProxies: ['loopback', '10.0.0.0/33'] },
    'trustedProxies.1: expected addresses, networks such as 10.0.0.0/8, or loopback',
  ],
  ['proxies in one text', { ...good, trustedProxies: 'loopback' }, 'trustedProxies: expected a list of addresses'],
  ['a header', { ...good, forwardedHeader: 'x-real-ip' }, `forwardedHeader: ${like('COUNTERSIGN_FORWARDED_HEADER')}`],
  ['a path with a space', { ...good, url: 'https://a.example/b c' }, `url: ${like('COUNTERSIGN_URL')}`],
  ['a base path', { ...good, hasBasePath: '/mfa' }, 'hasBasePath: expected true or false'],
  ['a registration', { ...good, registration: 'Open' }, `registration: ${like('COUNTERSIGN_REGISTRATION')}`],
  ['digits', { ...good, codeDigits: 9 }, 'codeDigits: expected a number from 6 to 8'],
  ['a region', { ...good, region: 'de' }, `region: ${like('COUNTERSIGN_DEFAULT_REGION')}`],
  [
    'a door',
    { ...good, doors: ['selfservice'] },
    'doors.0: expected one of self-service, secrets, accounts, challenges',
  ],
  [
    'a short password',
    { ...good, admin: { username: 'a', password: 'hunter2' } },
    'admin.password: must be 8 to 1,024 bytes long',
  ],
  ['a gateway', { ...good, gateways: 7 }, 'gateways: expected URLs with spaces between them, or a list of gateways'],
  ['an unknown option', { ...good, keyFile: 'x' }, 'unknown option keyFile'],
  ['an unknown option inside', { ...good, duo: { host: 'x' } }, 'unknown option duo.host'],
];

for (const [what, options, expected] of mistakes)
  test(`${what} is refused in one sentence`, () => {
    assert.equal(said(options), expected);
  });

test('a gateway that cannot be read is named without its password', () => {
  const message = said({ ...good, gateways: 'smtp://me:hunter2hunter2@mail.example.com' });
  assert.match(message, /^gateways: /);
  assert.doesNotMatch(message, /hunter2/);
});

test('createCountersign checks its options before it makes anything', async () => {
  await assert.rejects(createCountersign({ ...good, url: 'shop.example' }), SetupError);
});
