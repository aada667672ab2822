import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { duoSettings } from '../../src/factors/duo/settings.ts';
import { protocolOf } from '../../src/factors/duo/index.ts';
import { duoUniversal } from '../../src/factors/duo/universal.ts';
import { duoWeb } from '../../src/factors/duo/web.ts';
import vectors from '../vectors/duo-web-v2.json' with { type: 'json' };
import { common, ownKey } from './duo-help.ts';

/** The members that are wrong, each with what is said about it. */
function complaints(changes: Record<string, unknown>, allowed: readonly string[] = []): string[] {
  const read = duoSettings(allowed).safeParse({ ...common, ...changes });
  return read.success ? [] : read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('the settings of a Duo provider', () => {
  test('give a request five minutes and a response an hour when they say nothing else', () => {
    const { duo_expire, app_expire } = duoSettings().parse(common);
    assert.deepEqual({ duo_expire, app_expire }, vectors.defaults);
  });

  test('choose the Web SDK with an application secret key, and otherwise the Universal Prompt', () => {
    assert.equal(protocolOf(duoSettings().parse(common)), duoUniversal);
    assert.equal(protocolOf(duoSettings().parse({ ...common, application_secret_key: ownKey })), duoWeb);
  });

  const wrong = {
    'a short integration key': ['integration_key', 'DI', 'must be 20 characters, without |'],
    'an integration key with a separator': [
      'integration_key',
      'DI|XXXXXXXXXXXXXXXXX',
      'must be 20 characters, without |',
    ],
    'a missing integration key': ['integration_key', undefined, 'must be 20 characters, without |'],
    'a long secret key': ['secret_key', 'x'.repeat(41), 'must be 40 characters'],
    'a secret key that ends in a line break': ['secret_key', `${'x'.repeat(39)}\n`, 'must be 40 characters'],
    'a secret key that is a number': ['secret_key', 40, 'must be 40 characters'],
    'an own key that is too short': ['application_secret_key', 'x'.repeat(39), 'must be 40 characters or more'],
    'an empty own key': ['application_secret_key', '', 'must be 40 characters or more'],
    'no time': ['duo_expire', 0, 'must be a whole number of seconds, at most a day'],
    'half a second': ['app_expire', 0.5, 'must be a whole number of seconds, at most a day'],
    'a time in words': ['app_expire', '3600', 'must be a whole number of seconds, at most a day'],
  } as const;
  for (const [what, [member, value, words]] of Object.entries(wrong)) {
    test(`are refused with ${what}`, () => assert.deepEqual(complaints({ [member]: value }), [`${member}: ${words}`]));
  }

  for (const { ikey, skey, akey, user } of vectors.sign_errors) {
    // The user's name is the factor's business.
    if (user !== 'testuser') continue;
    test(`are refused with the keys ${ikey}, ${skey}, ${akey}`, () => {
      const keys = { integration_key: ikey, secret_key: skey, application_secret_key: akey };
      assert.equal(complaints(keys).length, 1);
    });
  }

  test('are refused with a member that nobody knows', () => {
    assert.equal(complaints({ ikey: 'x' }).length, 1);
  });

  for (const host of ['api-1b2c3d4e.duosecurity.com', 'api.duosecurity.com', 'api-1b2c3d4e.duofederal.com']) {
    test(`name a host of Duo: ${host}`, () => assert.deepEqual(complaints({ api_hostname: host }), []));
  }

  const elsewhere = [
    '',
    'duosecurity.com',
    '.duosecurity.com',
    'api-1b2c3d4e.duosecurity.com.',
    'API-1B2C3D4E.DUOSECURITY.COM',
    'api-1b2c3d4e.duosecurity.com:443',
    'api-1b2c3d4e.duosecurity.com:8443',
    'api-1b2c3d4e.duosecurity.com/',
    'api-1b2c3d4e.duosecurity.com\n',
    'https://api-1b2c3d4e.duosecurity.com',
    'user@api-1b2c3d4e.duosecurity.com',
    'evil.example/.duosecurity.com',
    'evil.example#.duosecurity.com',
    'evil.example?.duosecurity.com',
    'evil.example\\.duosecurity.com',
    'evil.example%23.duosecurity.com',
    'api-1b2c3d4e.duosecurity.com.evil.example',
    'api-1b2c3d4e.evilduosecurity.com',
    'api-1b2c3d4e-duosecurity.com',
    'api..duosecurity.com',
    '-api.duosecurity.com',
    'ａpi.duosecurity.com',
    'api.duo\u017fecurity.com',
    '127.0.0.1',
    '127.1',
    '[::1]',
    'localhost',
    `${'a.'.repeat(130)}duosecurity.com`,
    undefined,
    null,
    ['api.duosecurity.com'],
  ];
  for (const host of elsewhere) {
    test(`name no host but Duo's: ${JSON.stringify(host) ?? 'nothing'}`, () => {
      const words = 'must be a host of Duo in lower case, such as api-xxxxxxxx.duosecurity.com';
      assert.deepEqual(complaints({ api_hostname: host }), [`api_hostname: ${words}`]);
    });
  }

  test('name a host that the operator allows, with the very port', () => {
    const allowed = ['localhost:8443', '127.0.0.1'];
    for (const host of allowed) assert.deepEqual(complaints({ api_hostname: host }, allowed), []);
    for (const host of ['localhost', 'localhost:8444', '127.0.0.1:8443']) {
      assert.equal(complaints({ api_hostname: host }, allowed).length, 1);
    }
  });

  test('name no URL, even where the operator has written one', () => {
    for (const host of ['https://localhost', 'localhost/path', 'user@localhost', 'LOCALHOST']) {
      assert.equal(complaints({ api_hostname: host }, [host]).length, 1);
    }
  });
});
