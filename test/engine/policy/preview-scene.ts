/** Any small tree of accounts, with providers, words and users, for the preview to foretell and logins to try. */
import fc from 'fast-check';
import { timeOrderedHex, uuid } from '../../../src/base/random.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import type { AuthModulesConfig } from '../../../src/engine/policy/configuration.ts';
import { authModules, type AuthModule } from '../../../src/engine/policy/auth-modules.ts';
import { insertAccount } from '../../../src/store/accounts.ts';
import { insertAuthenticator } from '../../../src/store/authenticators.ts';
import type { Role } from '../../../src/store/lists.ts';
import { insertProvider, type ProviderPlace } from '../../../src/store/providers.ts';
import { writeSecurity } from '../../../src/store/security.ts';
import { deleteUser } from '../../../src/store/users.ts';
import { unwrap, inNextEpoch, type TestEngine, type Person } from '../../../kit/test-engine.ts';

const duo = {
  integration_key: 'DIXXXXXXXXXXXXXXXXXX',
  secret_key: 's'.repeat(40),
  application_secret_key: 'o'.repeat(40),
  api_hostname: 'api-00000000.duosecurity.com',
};

/** How many accounts stand there, the root among them. */
const accounts = 6;
const anyAccount = fc.nat(accounts - 1);

const anyProvider = fc.record({
  kind: fc.constantFrom('totp', 'sms', 'email', 'duo', 'duo'),
  enabled: fc.constantFrom(true, true, true, false),
  isMisconfigured: fc.constantFrom(false, false, true),
});

/** Which provider is named: none, one of the account's own, of one above it, or one that is not there. */
const anyName = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom('nobody', 'own', 'own') },
  { weight: 1, arbitrary: fc.constantFrom('above', 'missing') },
);

const anyWord = fc.record(
  {
    enabled: fc.constantFrom(true, true, true, false),
    names: anyName,
    multi_factor: fc.record(
      {
        enabled: fc.constantFrom(true, true, false),
        include_subaccounts: fc.boolean(),
        when_unavailable: fc.constantFrom('deny', 'deny', 'allow'),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['names'] },
);

const anyWords = fc.dictionary(fc.constantFrom(...authModules, 'default', 'default'), anyWord, {
  noNullPrototype: true,
});

const kinds = ['totp', 'sms', 'email'];

const anyUser = fc.record({
  account: anyAccount,
  roles: fc.constantFrom<Role[]>(['user'], ['user'], ['admin'], ['user', 'admin'], ['service']),
  active: fc.subarray(kinds),
  pending: fc.subarray(kinds),
  hasRecovery: fc.boolean(),
});

export const anyScene = fc.record({
  parents: fc.array(fc.nat(), { minLength: accounts - 1, maxLength: accounts - 1 }),
  own: fc.array(fc.option(anyProvider), { minLength: accounts, maxLength: accounts }),
  systems: fc.uniqueArray(anyProvider, { selector: ({ kind }) => kind, maxLength: 2 }),
  words: fc.array(fc.option(anyWords), { minLength: accounts, maxLength: accounts }),
  users: fc.array(anyUser, { minLength: 24, maxLength: 24 }),
  /** Whose security would be changed, and to what. */
  top: anyAccount,
  change: anyWords,
});

type Of<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never;
type Scene = Of<typeof anyScene>;

export type Played = Person & { readonly secrets: Readonly<Record<AuthModule, string>> };

/** The scene in a server: who is there below the account that would say something else, and what it would say. */
export async function build(engine: TestEngine, scene: Scene) {
  const { ctx, clock, root } = engine;
  const { store } = ctx;
  const ids = [root];
  const parentOf = (at: number) => (at === 0 ? undefined : (scene.parents[at - 1] ?? 0) % at);
  const above = (at: number): readonly number[] => {
    const parent = parentOf(at);
    return parent === undefined ? [] : [parent, ...above(parent)];
  };
  const idOf = (at: number) => ids[at] ?? root;
  for (let at = 1; at < accounts; at += 1) {
    const id = timeOrderedHex(ctx.random, clock.now());
    await insertAccount(store, { id, parentId: idOf(parentOf(at) ?? 0), name: `account ${at}` }, clock.now());
    ids.push(id);
  }

  // Who will say it is nobody of whom it holds.
  const { user: boss, caller } = await engine.addPerson('boss');
  await deleteUser(store, boss.id);

  const people: { readonly at: number; readonly person: Played }[] = [];
  for (const [number, user] of scene.users.entries())
    people.push({ at: user.account, person: await add(number, user) });

  const places: (ProviderPlace | undefined)[] = [];
  for (const [at, provider] of scene.own.entries()) places.push(provider ? await write(provider, idOf(at)) : undefined);
  for (const provider of scene.systems) await write(provider, null);

  const config = (words: Scene['change'], at: number): AuthModulesConfig =>
    Object.fromEntries(
      Object.entries(words).map(([name, { names, multi_factor: said, ...word }]) => [
        name,
        { ...word, multi_factor: { ...said, ...named(names, at) } },
      ]),
    );
  for (const [at, words] of scene.words.entries()) {
    const said = { accountId: idOf(at), authModules: words && config(words, at), revision: 0 };
    if (words) await writeSecurity(store, said, clock.now());
  }

  const below = people.filter(({ at }) => [at, ...above(at)].includes(scene.top)).map(({ person }) => person);
  const revision = scene.words[scene.top] ? 1 : 0;
  return { caller, accountId: idOf(scene.top), config: config(scene.change, scene.top), revision, below };

  function named(names: Of<typeof anyName>, at: number) {
    if (names === 'missing') return { configuration_id: 'f'.repeat(32) };
    const meant = names === 'own' ? [at] : names === 'above' ? above(at) : [];
    const place = meant.flatMap((one) => places[one] ?? [])[0];
    return place?.accountId ? { configuration_id: place.id, account_id: place.accountId } : {};
  }

  async function write({ kind, enabled, isMisconfigured }: Of<typeof anyProvider>, accountId: string | null) {
    const id = timeOrderedHex(ctx.random, clock.now());
    const settings = kind === 'duo' && !isMisconfigured ? duo : {};
    const made = { id, accountId, providerName: kind, name: null, enabled, settings };
    await insertProvider(store, made, clock.now());
    return { id, accountId };
  }

  async function add(number: number, { account, roles, active, pending, hasRecovery }: Scene['users'][number]) {
    const person = await engine.addPerson(`user ${number}`, {
      account: idOf(account),
      roles,
    });
    const device = `the device of user ${number}`;
    const made = unwrap(await enroll(ctx, person.caller, { kind: 'apikey', label: null, input: {} }));
    const next = inNextEpoch(person.caller);
    unwrap(await enroll(ctx, next, { kind: 'device', label: null, input: { secret: device } }));
    const has = (kind: string, status: 'active' | 'pending') => ({
      id: uuid(ctx.random, clock.now()),
      userId: person.user.id,
      kind,
      label: null,
      state: stateOf(kind),
      status,
      ...(status === 'pending' && { expiresAt: clock.now() + 600_000 }),
    });
    for (const kind of [...active, ...(hasRecovery ? ['recovery'] : [])])
      await insertAuthenticator(store, has(kind, 'active'), clock.now());
    for (const kind of pending) await insertAuthenticator(store, has(kind, 'pending'), clock.now());
    const { password } = person;
    const doors = {
      user_auth: password,
      authtoken: password,
      oauth2: password,
      password,
      passkey: password,
      browser: password,
    };
    return { ...person, secrets: { ...doors, apikey: String(made.offer.secret), device } };
  }
}

/** A state that the factor can read; nobody proves anything with it here. */
function stateOf(kind: string): unknown {
  if (kind === 'totp')
    return { algorithm: 'SHA1', digits: 6, period: 30, seed: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', lastStep: -1 };
  if (kind === 'recovery') return { codes: [] };
  return { destination: kind === 'sms' ? '+12025550123' : 'ada@example.com', code: null };
}
