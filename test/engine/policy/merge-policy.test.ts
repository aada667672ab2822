import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { accountPolicy } from '../../../src/engine/policy/merge-policy.ts';
import { accountConfig, authModulesConfig, storedDocument } from '../../../src/engine/policy/configuration.ts';
import { anyLine, app, atLeaf, chainOf, duo, forAll, leaf, mid, requires, root, type Line } from './three-accounts.ts';

describe('what an account requires', () => {
  const cases: Readonly<Record<string, readonly [lines: readonly Line[], by: string | undefined, provider?: unknown]>> =
    {
      'nothing, where nobody says anything': [[], undefined],
      'what it says itself': [[undefined, undefined, requires()], leaf, 'system default'],
      'nothing of what an ancestor says for itself alone': [[requires(), requires()], undefined],
      'what an ancestor says for its sub-accounts too': [[forAll()], root, 'system default'],
      'what its parent says for its sub-accounts too': [[undefined, forAll()], mid, 'system default'],
      'what the highest says, where several do': [
        [forAll({ configuration_id: duo }), forAll({ configuration_id: app }), requires({ configuration_id: app })],
        root,
        { accountId: root, id: duo },
      ],
      'what an ancestor says, though it says no itself': [
        [forAll({ configuration_id: duo }), undefined, { multi_factor: { enabled: false } }],
        root,
        { accountId: root, id: duo },
      ],
      'its own, with the provider that an ancestor names for all': [
        [{ multi_factor: { include_subaccounts: true, configuration_id: duo } }, undefined, requires()],
        leaf,
        { accountId: root, id: duo },
      ],
      'its own provider rather than an ancestor’s': [
        [
          { multi_factor: { include_subaccounts: true, configuration_id: duo } },
          undefined,
          requires({ configuration_id: app }),
        ],
        leaf,
        { accountId: leaf, id: app },
      ],
      'the provider of another account, by name': [
        [undefined, undefined, requires({ configuration_id: duo, account_id: mid })],
        leaf,
        { accountId: mid, id: duo },
      ],
      'nothing, where a word is missing': [
        [undefined, undefined, { multi_factor: { configuration_id: app } }],
        undefined,
      ],
    };
  for (const [name, [lines, by, provider]] of Object.entries(cases)) {
    test(name, () => {
      const { required } = atLeaf(...lines);
      assert.equal(required?.by, by);
      if (by !== undefined) assert.deepEqual(required?.provider, provider);
    });
  }
});

test('a login goes on without its provider only where everybody who requires one allows it', () => {
  const allow = { when_unavailable: 'allow' } as const;
  const whenUnavailable = (...lines: readonly Line[]) => atLeaf(...lines).required?.whenUnavailable;
  assert.equal(whenUnavailable(forAll()), 'deny');
  assert.equal(whenUnavailable(forAll(allow)), 'allow');
  assert.equal(whenUnavailable(forAll(allow), undefined, requires({ when_unavailable: 'deny' })), 'deny');
  assert.equal(whenUnavailable(forAll(), undefined, requires(allow)), 'deny');
  assert.equal(whenUnavailable(undefined, undefined, requires(allow)), 'allow');
});

test('a module that one account closes is closed for all below it, whatever they say', () => {
  assert.equal(atLeaf().enabled, true);
  assert.equal(atLeaf({ enabled: false }).enabled, false);
  assert.equal(atLeaf({ enabled: false }, undefined, { enabled: true }).enabled, false);
  assert.equal(atLeaf({ enabled: true }, undefined, { enabled: false }).enabled, false);
});

describe('how long a token lives', () => {
  const lives = (...seconds: readonly (number | undefined)[]) =>
    atLeaf(...seconds.map((life) => (life === undefined ? {} : { token_auth_expiry_s: life }))).tokenLife;
  const cases: Readonly<Record<string, readonly [said: readonly (number | undefined)[], milliseconds: number]>> = {
    'an hour, where nobody says it': [[], 3_600_000],
    'what the account says itself': [[undefined, undefined, 60], 60_000],
    'longer than an hour, where that is said': [[undefined, undefined, 7200], 7_200_000],
    'what an ancestor says': [[600], 600_000],
    'the shortest, where the ancestor says less': [[600, undefined, 900], 600_000],
    'the shortest, where the account says less': [[900, 600, undefined], 600_000],
  };
  for (const [name, [said, expected]] of Object.entries(cases))
    test(name, () => assert.equal(lives(...said), expected));
});

describe('attempts are written down', () => {
  const cases: Readonly<Record<string, readonly [said: readonly (boolean | undefined)[], isLogged: boolean]>> = {
    'where nobody says anything': [[], true],
    'not where the account turns it off': [[undefined, undefined, false], false],
    'not where an ancestor turns it off': [[false], false],
    'where an ancestor wants it, whatever is said below': [[true, undefined, false], true],
    'where the parent wants it, whatever is said below': [[undefined, true, false], true],
    'not where the highest turns it off, whatever is said below': [[false, undefined, true], false],
  };
  for (const [name, [said, isLogged]] of Object.entries(cases)) {
    test(name, () => {
      const logs = (member: 'log_failed_attempts' | 'log_successful_attempts') =>
        atLeaf(...said.map((word) => (word === undefined ? {} : { [member]: word }))).logs;
      assert.deepEqual(logs('log_failed_attempts'), { failed: isLogged, success: true });
      assert.deepEqual(logs('log_successful_attempts'), { failed: true, success: isLogged });
    });
  }
});

test('it says who said so, and the system where nobody did', () => {
  assert.equal(atLeaf().origin, 'system');
  assert.equal(atLeaf({ enabled: true }).origin, root);
  assert.equal(atLeaf(forAll(), undefined, { enabled: true }).origin, root);
  assert.equal(atLeaf(requires(), undefined, requires()).origin, leaf);
});

test('what is said of one module holds for no other', () => {
  assert.equal(accountPolicy('oauth2', leaf, chainOf(forAll(), undefined, requires())).required, undefined);
});

describe('whether a code by e-mail is aal2', () => {
  const rules = (...said: readonly (boolean | undefined)[]) =>
    said.map((word, at) =>
      accountConfig([root, mid, leaf][at] ?? leaf, {}, { rules: word === undefined ? {} : { email_is_aal2: word } }),
    );
  const cases: Readonly<Record<string, readonly [said: readonly (boolean | undefined)[], is: boolean]>> = {
    'no, where nobody says it': [[], false],
    'yes, where the account says so': [[undefined, undefined, true], true],
    'yes, where an ancestor says so': [[true], true],
    'no, where the account says no below that': [[true, undefined, false], false],
    'no, where an ancestor says no, whatever is said below': [[undefined, false, true], false],
  };
  for (const [name, [said, is]] of Object.entries(cases))
    test(name, () => assert.equal(accountPolicy('user_auth', leaf, rules(...said)).emailIsAal2, is));
});

test('a configuration is what the schema knows and nothing else', () => {
  for (const bad of [
    { user_auth: { enabled: 'false' } },
    { user_auth: { multi_factor: { enabled: 1 } } },
    { user_auth: { multi_factor: null } },
    { user_auth: { multi_factor: { configuration_id: 'duo' } } },
    { user_auth: { multi_factor: { when_unavailable: 'maybe' } } },
    { user_auth: { log_failed_attempts: 1 } },
    { user_auth: { log_successful_attempts: 'no' } },
    { user_auth: { token_auth_expiry_s: 0 } },
    { user_auth: { token_auth_expiry_s: 299 } },
    { user_auth: { token_auth_expiry_s: 1.5 } },
    { user_auth: { token_auth_expiry_s: 2_592_001 } },
    { user_auth: { token_auth_expiry_s: '60' } },
    { ftp: {} },
    { user_auth: { unknown: true } },
  ])
    assert.equal(authModulesConfig.safeParse(bad).success, false, JSON.stringify(bad));
  const terms = { log_failed_attempts: false, log_successful_attempts: true };
  for (const good of [
    { user_auth: {}, oauth2: { enabled: true } },
    { user_auth: { ...terms, token_auth_expiry_s: 300 }, apikey: { token_auth_expiry_s: 2_592_000 } },
  ])
    assert.equal(authModulesConfig.safeParse(good).success, true, JSON.stringify(good));
  assert.equal(
    storedDocument.safeParse({ user_auth: { token_auth_expiry_s: 60 } }).success,
    true,
    'of an earlier version',
  );
});

describe('over any three accounts', () => {
  test('a descendant never loosens what an ancestor requires of it', () => {
    fc.assert(
      fc.property(anyLine, anyLine, anyLine, (first, second, own) => {
        const before = atLeaf(first, second).required;
        const after = atLeaf(first, second, own).required;
        if (!before) return;
        assert.deepEqual([after?.by, after?.provider], [before.by, before.provider]);
        if (!atLeaf(first, second).enabled) assert.equal(atLeaf(first, second, own).enabled, false);
        if (before.whenUnavailable === 'deny') assert.equal(after?.whenUnavailable, 'deny');
      }),
    );
  });

  test('a descendant never lengthens what an ancestor shortens, and never hides what an ancestor wants to know', () => {
    fc.assert(
      fc.property(anyLine, anyLine, anyLine, (...lines) => {
        const { tokenLife, logs } = atLeaf(...lines);
        const lives = lines.flatMap((line) => line?.token_auth_expiry_s ?? []);
        assert.equal(tokenLife, lives.length === 0 ? 3_600_000 : Math.min(...lives) * 1000);
        for (const [outcome, member] of [
          ['failed', 'log_failed_attempts'],
          ['success', 'log_successful_attempts'],
        ] as const) {
          const words = lines.map((line) => line?.[member]);
          const turnedOff = words.some((word, at) => word === false && !words.slice(0, at).includes(true));
          assert.equal(logs[outcome], !turnedOff, outcome);
        }
      }),
    );
  });

  test('one is required exactly where the account says so, or one above it says so for all', () => {
    fc.assert(
      fc.property(anyLine, anyLine, anyLine, (...lines) => {
        const naive = lines.some(
          (line, at) =>
            line?.multi_factor?.enabled === true && (at === 2 || line.multi_factor.include_subaccounts === true),
        );
        assert.equal(atLeaf(...lines).required !== undefined, naive);
      }),
    );
  });
});
