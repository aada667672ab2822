import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { inheritedConfig } from '../../../src/engine/policy/inherited-config.ts';
import { anyLine, app, atLeaf, chainOf, duo, forAll, root, type Line } from './three-accounts.ts';

const systemTerms = { log_failed_attempts: true, log_successful_attempts: true, token_auth_expiry_s: 3600 };
const inheritedBy = (...lines: readonly Line[]) => inheritedConfig(chainOf(...lines)).modules.user_auth;

test('what is inherited has the defaults of the system, and of second factors only what is meant for sub-accounts', () => {
  assert.deepEqual(inheritedBy(), { enabled: true, ...systemTerms, multi_factor: { enabled: false } });
  const inherited = inheritedBy(
    { enabled: false, multi_factor: { enabled: true, include_subaccounts: true, configuration_id: duo } },
    { enabled: true, multi_factor: { enabled: true, configuration_id: app } },
  );
  const multi_factor = { enabled: true, include_subaccounts: true, configuration_id: duo, account_id: root };
  assert.deepEqual(inherited, {
    enabled: false,
    ...systemTerms,
    multi_factor: { ...multi_factor, when_unavailable: 'deny' },
  });
});

test('what is inherited shows a requirement as it holds, though an account between says otherwise', () => {
  const inherited = inheritedBy(forAll({ configuration_id: duo }), {
    multi_factor: { enabled: false, include_subaccounts: true, configuration_id: app },
  });
  assert.deepEqual([inherited.multi_factor?.enabled, inherited.multi_factor?.configuration_id], [true, duo]);
});

test('what is inherited is the shortest life, and of what is logged the highest word', () => {
  const inherited = inheritedBy(
    { log_failed_attempts: true, token_auth_expiry_s: 600 },
    { log_failed_attempts: false, log_successful_attempts: false, token_auth_expiry_s: 900 },
  );
  const terms = { log_failed_attempts: true, log_successful_attempts: false, token_auth_expiry_s: 600 };
  assert.deepEqual(inherited, { enabled: true, ...terms, multi_factor: { enabled: false } });
});

test('what is inherited, said by the account itself, changes nothing', () => {
  fc.assert(
    fc.property(anyLine, anyLine, (first, second) => {
      const inherited = inheritedBy(first, second);
      const { tokenLife, logs } = atLeaf(first, second);
      assert.deepEqual([atLeaf(undefined, undefined, inherited).tokenLife, atLeaf(inherited).logs], [tokenLife, logs]);
    }),
  );
});
