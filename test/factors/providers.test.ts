import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mask, maskSettings, readSettings, secretsIn } from '../../src/factors/provider-settings.ts';
import { providerKinds, type Kind } from '../../src/factors/registry.ts';
import { common } from './duo-help.ts';
import { help } from './help.ts';

const usual = help().operator;

const wrong = (name: Kind, given: Record<string, unknown>, kept?: Record<string, unknown>) => {
  const read = readSettings(name, given, usual, kept);
  return read.ok ? [] : read.members.map(({ path, missing }) => `${path.join('.')}${missing ? ' is missing' : ''}`);
};

test('the factors that policy can require have an order, in which the system has a default; a new one is the last', () => {
  assert.deepEqual(providerKinds().slice(0, 4), ['duo', 'totp', 'sms', 'email']);
});

test('every wrong member is named, and none of their values', () => {
  const read = readSettings('duo', { secret_key: 'half a secret', color: 'red', duo_expire: 0 }, usual);
  assert.ok(!read.ok);
  assert.deepEqual(read.members.map(({ path }) => path.join('.')).toSorted(), [
    'api_hostname',
    'color',
    'duo_expire',
    'integration_key',
    'secret_key',
  ]);
  assert.ok(!JSON.stringify(read).includes('half a secret'));
  assert.deepEqual(wrong('duo', { ...common, secret_key: undefined }), ['secret_key is missing']);
});

test('an app and an address have no settings, and a text message has countries', () => {
  for (const name of ['totp', 'email'] as const) {
    assert.deepEqual(wrong(name, {}), []);
    assert.deepEqual(wrong(name, { digits: 6 }), ['digits']);
  }
  assert.deepEqual(wrong('sms', { allowed_countries: ['CH', 'LI'], denied_countries: [] }), []);
  for (const one of ['ch', 'CHE', '', 41, null]) {
    assert.deepEqual(wrong('sms', { allowed_countries: ['CH', one] }), ['allowed_countries.1'], String(one));
  }
});

test('a masked secret is the one that is kept, and where none is kept it is wrong', () => {
  const masked = { ...common, secret_key: mask };
  const read = readSettings('duo', masked, usual, common);
  assert.equal(read.ok && read.settings['secret_key'], common.secret_key);
  assert.deepEqual(wrong('duo', masked), ['secret_key']);
  assert.deepEqual(wrong('duo', { ...common, application_secret_key: mask }, common), ['application_secret_key']);
  assert.deepEqual(
    wrong('duo', { ...common, integration_key: mask }, common),
    ['integration_key'],
    'that is no secret',
  );
});

test('secrets are masked, but for those that were given just now', () => {
  assert.deepEqual(secretsIn('duo', { secret_key: mask }), []);
  assert.deepEqual(secretsIn('duo', { integration_key: 'shown anyway' }), []);
  assert.deepEqual(secretsIn('duo', common), ['secret_key']);
  assert.deepEqual(maskSettings('duo', common), { ...common, secret_key: mask });
  assert.deepEqual(maskSettings('duo', common, ['secret_key']), common);
});

test('of a provider that this program does not know, everything is masked', () => {
  assert.deepEqual(maskSettings('toString', { host: 'example.org', key: 1 }), { host: mask, key: mask });
});

test("only a host that the operator allows stands in for Duo's", () => {
  const elsewhere = { ...common, api_hostname: 'duo.example.com:8443' };
  assert.deepEqual(wrong('duo', elsewhere), ['api_hostname']);
  assert.equal(readSettings('duo', elsewhere, { ...usual, allowedHosts: ['duo.example.com:8443'] }).ok, true);
});
