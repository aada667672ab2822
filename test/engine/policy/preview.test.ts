import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KyselyPlugin } from 'kysely';
import { timeOrderedHex } from '../../../src/base/random.ts';
import { login, previewSecurity, writeSecurityOf } from '../../../src/engine/operations.ts';
import { authModules } from '../../../src/engine/policy/auth-modules.ts';
import type { Preview, AffectedUsers, UserCount } from '../../../src/engine/policy/preview.ts';
import { findAccount } from '../../../src/store/accounts.ts';
import { findOpenChallenge } from '../../../src/store/challenges.ts';
import { insertProvider } from '../../../src/store/providers.ts';
import { writeSecurity } from '../../../src/store/security.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine, type TestEngine } from '../../../kit/test-engine.ts';
import { anyScene, build, type Played } from './preview-scene.ts';

/** What becomes of people who log in with all they have to begin with. */
async function tried(engine: TestEngine, people: readonly Played[]): Promise<Preview> {
  const fates = authModules.map(async (authModule) => {
    const [enrollment, lockedOut]: [Played[], Played[]] = [[], []];
    for (const person of people) {
      const { user, secrets } = person;
      const given = { authModule, account: user.accountId, login: user.id, secret: secrets[authModule] };
      const outcome = await login(engine.ctx, given);
      if (await mustEnroll(engine, outcome)) enrollment.push(person);
      else if (!outcome.ok) lockedOut.push(person);
    }
    return [authModule, { enrollment: count(enrollment), lockedOut: count(lockedOut) }] as const;
  });
  return Object.fromEntries(await Promise.all(fates)) as Preview;
}

/** Who has another factor is asked for that one first. */
async function mustEnroll({ ctx, clock }: TestEngine, outcome: Awaited<ReturnType<typeof login>>): Promise<boolean> {
  if (!outcome.ok) return outcome.reason === 'mfa_enrollment_required';
  if (outcome.value.state === 'session') return false;
  const asked = await findOpenChallenge(ctx.store, outcome.value.challengeToken, clock.now());
  assert.equal(asked?.challenge.kind, 'login');
  return asked.challenge.enrolls !== null;
}

const count = (people: readonly Played[]): UserCount => ({
  users: people.length,
  administrators: people.filter(({ user }) => user.roles.includes('admin')).length,
});

const stops = ({ enrollment, lockedOut }: AffectedUsers) => [enrollment.users > 0, lockedOut.users > 0];

onEachDatabase('a preview', (database) => {
  test('says of any small tree what the logins then do, and refuses what could not be said', async () => {
    const seen = { refused: 0, enrolling: 0, lockedOut: 0 };
    const whatLoginsDo = fc.asyncProperty(anyScene, async (scene) => {
      await using engine = await startEngine(database);
      const { caller, accountId, config, revision, below } = await build(engine, scene);
      const top = (await findAccount(engine.ctx.store, accountId)) ?? assert.fail('it is not there');
      const foretold = await previewSecurity(engine.ctx, top, { config, rules: {} });
      const said = await writeSecurityOf(engine.ctx, caller, { account: top, config, rules: {}, revision });
      assert.equal(said.ok ? undefined : said.reason, foretold.ok ? undefined : foretold.reason);
      seen.refused += foretold.ok ? 0 : 1;
      if (!foretold.ok) return;
      assert.deepEqual(foretold.value, await tried(engine, below));
      const [enrolling, lockedOut] = [0, 1].map((at) => Object.values(foretold.value).some((one) => stops(one)[at]));
      seen.enrolling += enrolling ? 1 : 0;
      seen.lockedOut += lockedOut ? 1 : 0;
    });
    await fc.assert(whatLoginsDo, { seed: 9, numRuns: database.flavour === 'sqlite' ? 10 : 5, endOnFailure: true });
    assert.ok(seen.refused > 0 && seen.enrolling > 1 && seen.lockedOut > 1, JSON.stringify(seen));
  });

  test('asks the database as often for many accounts as for few', async () => {
    const askedFor = async (accounts: number): Promise<number> => {
      await using engine = await startEngine(database);
      const { store, clock, random } = engine.ctx;
      const id = timeOrderedHex(random, clock.now());
      const provider = { id, accountId: engine.root, providerName: 'totp', name: null, enabled: true, settings: {} };
      await insertProvider(store, provider, clock.now());
      const multi_factor = { enabled: true, configuration_id: id, account_id: engine.root };
      for (let at = 0; at < accounts; at += 1) {
        const accountId = await engine.addAccount(`account ${at}`);
        await engine.addUser({ name: `user ${at}`, account: accountId });
        await writeSecurity(
          store,
          { accountId, authModules: { user_auth: { multi_factor } }, revision: 0 },
          clock.now(),
        );
      }
      let asked = 0;
      const counting: KyselyPlugin = {
        transformQuery: ({ node }) => node,
        async transformResult({ result }) {
          asked += 1;
          return result;
        },
      };
      const ctx = { ...engine.ctx, store: { ...store, db: store.db.withPlugin(counting) } };
      const root = (await findAccount(store, engine.root)) ?? assert.fail('it is not there');
      const preview = unwrap(await previewSecurity(ctx, root, { config: {}, rules: {} }));
      assert.deepEqual(preview.user_auth.enrollment, { users: accounts, administrators: 0 });
      return asked;
    };
    const few = await askedFor(2);
    assert.ok(few > 3);
    assert.equal(await askedFor(20), few);
  });
});
