/**
 * Random trees of accounts with random policies and providers, some of them broken. The server requires of a login what a naive reading of the same
 * tree requires, and a broken part never lowers it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AuthModulesConfig, MultiFactor } from '../../src/engine/policy/configuration.ts';
import { explain, type Explained } from '../../src/engine/policy/explain.ts';
import { insertAccount } from '../../src/store/accounts.ts';
import { insertAuthenticator } from '../../src/store/authenticators.ts';
import { insertProvider } from '../../src/store/providers.ts';
import { writeSecurity } from '../../src/store/security.ts';
import type { User } from '../../src/store/users.ts';
import { webSettings } from '../factors/duo-help.ts';
import { onEachDatabase, type TestDatabase } from '../../kit/databases.ts';
import { startEngine, type TestEngine } from '../../kit/test-engine.ts';

type Said = {
  readonly open: boolean | undefined;
  readonly requires: boolean | undefined;
  readonly forAll: boolean | undefined;
  /** Whose provider is named: its own, the one of its parent, or one that is not there. */
  readonly names: 'own' | 'parent' | 'gone' | undefined;
  readonly goesOn: 'deny' | 'allow' | undefined;
};

type Provider = { readonly kind: 'totp' | 'sms' | 'duo' | 'pager'; readonly state: 'works' | 'disabled' | 'half' };

/** `parent` is the place of another account in the list, which is before this one. */
type Account = {
  readonly parent: number;
  readonly said: Said | undefined;
  readonly provider: Provider | undefined;
  readonly has: readonly ('totp' | 'sms')[];
};

type Tree = { readonly accounts: readonly Account[]; readonly system: Provider | undefined };

const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

const said: fc.Arbitrary<Said> = fc.record({
  open: maybe(fc.boolean()),
  requires: maybe(fc.boolean()),
  forAll: maybe(fc.boolean()),
  names: maybe(fc.constantFrom('own', 'own', 'parent', 'gone')),
  goesOn: maybe(fc.constantFrom('deny', 'allow')),
});

const provider: fc.Arbitrary<Provider> = fc.record({
  kind: fc.constantFrom('totp', 'totp', 'sms', 'duo', 'pager'),
  state: fc.constantFrom('works', 'works', 'works', 'disabled', 'half'),
});

const tree: fc.Arbitrary<Tree> = fc.record({
  accounts: fc
    .array(
      fc.record({
        parent: fc.nat(1000),
        said: maybe(said),
        provider: maybe(provider),
        has: fc.subarray(['totp', 'sms'] as const),
      }),
      { minLength: 1, maxLength: 7 },
    )
    .map((accounts) => accounts.map((account, at) => ({ ...account, parent: at === 0 ? -1 : account.parent % at }))),
  system: maybe(provider.filter(({ kind }) => kind !== 'pager')),
});

const idOf = (letter: string, at: number) => `${letter.repeat(30)}${String(at).padStart(2, '0')}`;
const accountAt = (at: number) => idOf('a', at);
const providerAt = (at: number) => idOf('b', at);

/** The places of an account and of all above it, the root's first. */
function path({ accounts }: Tree, at: number): readonly number[] {
  const parent = accounts[at]?.parent ?? -1;
  return parent < 0 ? [at] : [...path({ accounts, system: undefined }, parent), at];
}

/** What an account names: of which account, or `gone`. */
function named({ accounts }: Tree, at: number): number | 'gone' | undefined {
  const { names } = accounts[at]?.said ?? {};
  if (names === undefined || names === 'gone') return names;
  return names === 'own' ? at : Math.max(0, accounts[at]?.parent ?? 0);
}

const ask = (kinds: readonly string[]) => (kinds.length === 0 ? 'password' : `password and ${kinds.join(' or ')}`);

/** What lets the user of an account in, by reading the tree from the account up as a person would. */
function naive(all: Tree, at: number): string {
  const above = path(all, at);
  const holds = above.filter((one) => one === at || all.accounts[one]?.said?.forAll === true);
  if (above.some((one) => all.accounts[one]?.said?.open === false)) return 'nothing';
  const has = all.accounts[at]?.has ?? [];
  const [by] = holds.filter((one) => all.accounts[one]?.said?.requires === true);
  if (by === undefined) return ask(has);

  const upTo = (last: number) => holds.slice(0, holds.indexOf(last) + 1);
  const mayGoOn = holds
    .filter((one) => all.accounts[one]?.said?.requires === true)
    .every(
      (one) =>
        upTo(one)
          .map((each) => all.accounts[each]?.said?.goesOn)
          .findLast(Boolean) === 'allow',
    );
  const which = upTo(by)
    .map((one) => named(all, one))
    .findLast((one) => one !== undefined);
  const found = which === undefined ? enabledSystem(all) : which === 'gone' ? undefined : all.accounts[which]?.provider;
  const works =
    found && found.kind !== 'pager' && (found.state === 'works' || (found.state === 'half' && found.kind !== 'duo'));
  if (!works) return mayGoOn ? ask(has) : 'nothing';
  if (found.kind === 'duo' || has.some((kind) => kind === found.kind)) return `password and ${found.kind}`;
  return `${ask(has)}, and enrolling ${found.kind}`;
}

const enabledSystem = ({ system }: Tree) => (system?.state === 'disabled' ? undefined : system);

/** The same in the words of the server. */
function ways({ asks, kinds }: Explained, has: readonly string[]): string {
  if (asks === 'refused') return 'nothing';
  if (asks === 'enrollment') return `${ask(has)}, and enrolling ${kinds.join()}`;
  return asks === 'nothing' ? 'password' : ask(kinds.toSorted((one, other) => (one > other ? -1 : 1)));
}

async function plant(built: TestEngine, all: Tree): Promise<readonly User[]> {
  const { store, clock } = built.ctx;
  const now = clock.now();
  for (const table of [
    'attempts',
    'authenticators',
    'users',
    'security',
    'providers',
    'account_ancestors',
    'accounts',
  ] as const)
    await store.db.deleteFrom(table).execute();
  const users: User[] = [];
  for (const [at, { parent, provider: own, has }] of all.accounts.entries()) {
    const accountId = accountAt(at);
    const parentId = parent < 0 ? null : accountAt(parent);
    await insertAccount(store, { id: accountId, parentId, name: `account ${at}` }, now);
    if (own) await insertProvider(store, row(own, providerAt(at), accountId), now);
    const user = await built.addUser({ name: `user ${at}`, account: accountId });
    for (const kind of has) {
      const made = { id: `${at} ${kind}`, userId: user.id, kind, label: null, state: {} };
      await insertAuthenticator(store, { ...made, status: 'active' }, now + Number(kind === 'sms'));
    }
    users.push(user);
  }
  if (all.system) await insertProvider(store, row(all.system, providerAt(99), null), now);
  for (const at of all.accounts.keys()) {
    const authModules = config(all, at);
    if (authModules) await writeSecurity(store, { accountId: accountAt(at), authModules, revision: 0 }, now);
  }
  return users;
}

function row({ kind, state }: Provider, id: string, accountId: string | null) {
  const settings = kind === 'duo' ? { ...webSettings, ...(state === 'half' && { secret_key: null }) } : {};
  return { id, accountId, providerName: kind, name: null, enabled: state !== 'disabled', settings };
}

function config(all: Tree, at: number): AuthModulesConfig | undefined {
  const { said: own } = all.accounts[at] ?? {};
  if (!own) return undefined;
  const which = named(all, at);
  const multi_factor: MultiFactor = {
    ...(own.requires !== undefined && { enabled: own.requires }),
    ...(own.forAll !== undefined && { include_subaccounts: own.forAll }),
    ...(own.goesOn !== undefined && { when_unavailable: own.goesOn }),
    ...(which === 'gone' && { configuration_id: providerAt(98) }),
    ...(typeof which === 'number' && { configuration_id: providerAt(which), account_id: accountAt(which) }),
  };
  return { user_auth: { ...(own.open !== undefined && { enabled: own.open }), multi_factor } };
}

const explained = (built: TestEngine, users: readonly User[]) =>
  Promise.all(users.map((user) => explain(built.ctx, user, 'user_auth')));

/** The ways in which a part can break by itself. What an administrator turns off is another matter: the system's next one is meant then. */
const broken = (own: Provider | undefined): Provider | undefined => own && { kind: 'duo', state: 'half' };

onEachDatabase('policy over a tree', (on: TestDatabase) => {
  const numRuns = on.flavour === 'sqlite' ? 80 : 15;

  test('is what a naive reading of it says', async () => {
    await using built = await startEngine(on);
    await fc.assert(
      fc.asyncProperty(tree, async (all) => {
        const users = await plant(built, all);
        const read = (await explained(built, users)).map((one, at) => ways(one, all.accounts[at]?.has ?? []));
        assert.deepEqual(
          read,
          users.map((_, at) => naive(all, at)),
        );
      }),
      { numRuns },
    );
  });

  test('lets nobody in with less when a provider breaks, unless an account says that it may', async () => {
    await using built = await startEngine(on);
    await fc.assert(
      fc.asyncProperty(tree, fc.nat(7), async (all, which) => {
        const strict = {
          ...all,
          accounts: all.accounts.map((one) => ({ ...one, said: one.said && { ...one.said, goesOn: undefined } })),
        };
        const after = {
          accounts: strict.accounts.map((one, at) => (at === which ? { ...one, provider: broken(one.provider) } : one)),
          system: which === 7 ? broken(strict.system) : strict.system,
        };
        const [before, then] = [
          await explained(built, await plant(built, strict)),
          await explained(built, await plant(built, after)),
        ];
        for (const [at, one] of then.entries()) {
          const has = strict.accounts[at]?.has ?? [];
          const was = before[at];
          if (was && ways(one, has) !== ways(was, has)) assert.equal(ways(one, has), 'nothing');
        }
      }),
      { numRuns },
    );
  });
});
