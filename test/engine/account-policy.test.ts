import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  accountPolicy,
  authModulesConfig,
  inheritedConfig,
  type MultiFactor,
  type Said,
} from '../../src/engine/account-policy.ts';

/** root → mid → leaf, and what each says of user_auth. */
const [root, mid, leaf] = ['a', 'b', 'c'].map((digit) => digit.repeat(32)) as [string, string, string];
const [duo, app] = ['d', 'e'].map((digit) => digit.repeat(32)) as [string, string];

type Line = { readonly enabled?: boolean; readonly multi_factor?: MultiFactor } | undefined;

const chainOf = (...lines: readonly Line[]): readonly Said[] =>
  [root, mid, leaf].flatMap((accountId, at) => {
    const said = lines[at];
    return said ? [{ accountId, authModules: { user_auth: said } }] : [];
  });

const atLeaf = (...lines: readonly Line[]) => accountPolicy('user_auth', leaf, chainOf(...lines));

const requires = (more: MultiFactor = {}): Line => ({ multi_factor: { enabled: true, ...more } });
const forAll = (more: MultiFactor = {}): Line => requires({ include_subaccounts: true, ...more });

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

test('a module is open unless the nearest that says anything about it closes it', () => {
  assert.equal(atLeaf().enabled, true);
  assert.equal(atLeaf({ enabled: false }).enabled, false);
  assert.equal(atLeaf({ enabled: false }, undefined, { enabled: true }).enabled, true);
  assert.equal(atLeaf({ enabled: false }, undefined, requires()).enabled, false);
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

test('what is inherited is the nearest word, and of second factors only what is meant for sub-accounts', () => {
  const chain = chainOf(
    { enabled: false, multi_factor: { enabled: true, include_subaccounts: true, configuration_id: duo } },
    { enabled: true, multi_factor: { enabled: true, configuration_id: app } },
  );
  assert.deepEqual(inheritedConfig(chain), {
    user_auth: {
      enabled: true,
      multi_factor: { enabled: true, include_subaccounts: true, configuration_id: duo, account_id: root },
    },
  });
  assert.deepEqual(inheritedConfig([]), {});
});

test('a configuration is what the schema knows and nothing else', () => {
  for (const bad of [
    { user_auth: { enabled: 'false' } },
    { user_auth: { multi_factor: { enabled: 1 } } },
    { user_auth: { multi_factor: null } },
    { user_auth: { multi_factor: { configuration_id: 'duo' } } },
    { user_auth: { multi_factor: { when_unavailable: 'maybe' } } },
    { ftp: {} },
    { user_auth: { unknown: true } },
  ])
    assert.equal(authModulesConfig.safeParse(bad).success, false, JSON.stringify(bad));
  assert.equal(authModulesConfig.safeParse({ user_auth: {}, oauth2: { enabled: true } }).success, true);
});

const anyLine: fc.Arbitrary<Line> = fc.option(
  fc.record(
    {
      enabled: fc.boolean(),
      multi_factor: fc.record(
        {
          enabled: fc.boolean(),
          include_subaccounts: fc.boolean(),
          configuration_id: fc.constantFrom(duo, app),
          when_unavailable: fc.constantFrom('deny' as const, 'allow' as const),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);

describe('over any three accounts', () => {
  test('a descendant never loosens what an ancestor requires of it', () => {
    fc.assert(
      fc.property(anyLine, anyLine, anyLine, (first, second, own) => {
        const before = atLeaf(first, second).required;
        const after = atLeaf(first, second, own).required;
        if (!before) return;
        assert.deepEqual([after?.by, after?.provider], [before.by, before.provider]);
        if (before.whenUnavailable === 'deny') assert.equal(after?.whenUnavailable, 'deny');
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
