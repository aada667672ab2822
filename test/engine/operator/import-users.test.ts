import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findExistingUsers,
  importUsers,
  judgeSourceUser,
  type SourceUser,
  type ImportableUser,
} from '../../../src/engine/operator/import-users.ts';
import { verifyStrayRows } from '../../../src/engine/audit/verify-stray-rows.ts';
import { verifyChains } from '../../../src/engine/audit/verify-chains.ts';
import { listAuthenticators } from '../../../src/store/authenticators.ts';
import { findUserByLogin } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { startEngine, type TestEngine } from '../../../kit/test-engine.ts';

const seed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const totp = { kind: 'totp', label: 'phone', imported: { seed } };
const shortTotp = { kind: 'totp', label: null, imported: { seed: 'GEZDGNBV' } };
const sms = { kind: 'sms', label: null, imported: { destination: '+12025550123' } };

const sourceUser = (name: string, more: Partial<SourceUser> = {}): SourceUser => ({
  name,
  email: `${name}@example.com`,
  phone: null,
  firstName: null,
  lastName: null,
  authenticators: [totp],
  guarded: true,
  ...more,
});

function importable(engine: TestEngine, name: string, more: Partial<SourceUser> = {}): ImportableUser {
  const judged = judgeSourceUser(engine.ctx, sourceUser(name, more));
  assert.ok(judged.importable);
  return judged.importable;
}

const namesOf = (importables: ReadonlySet<ImportableUser>) => [...importables].map(({ name }) => name).toSorted();

async function countUsers({ ctx }: TestEngine): Promise<number> {
  return (await ctx.store.db.selectFrom('users').select('id').execute()).length;
}

async function allStrandsAreWhole({ ctx }: TestEngine): Promise<void> {
  for await (const { finding } of verifyChains(ctx, undefined, () => {})) assert.equal(finding, undefined);
  assert.deepEqual((await verifyStrayRows(ctx, undefined)).findings, []);
}

onEachDatabase('people move in', (database) => {
  test('with all they bring, as users, active at once', async () => {
    await using engine = await startEngine(database);
    const [ada, bob] = [importable(engine, 'ada', { authenticators: [totp, sms] }), importable(engine, 'bob')];
    assert.deepEqual(namesOf(await importUsers(engine.ctx, engine.root, [ada, bob])), ['ada', 'bob']);
    const user = await findUserByLogin(engine.ctx.store, engine.root, 'ada@example.com');
    assert.ok(user);
    assert.deepEqual([user.name, user.roles, user.verified, user.epoch], ['ada', ['user'], false, 0]);
    const held = await listAuthenticators(engine.ctx.store, user.id, engine.clock.now());
    assert.deepEqual(
      held.map(({ kind, label, status }) => [kind, label, status]),
      [
        ['totp', 'phone', 'active'],
        ['sms', null, 'active'],
      ],
    );
  });

  test('each leaves one attempt, in a log that is whole', async () => {
    await using engine = await startEngine(database);
    const many = Array.from({ length: 40 }, (_, at) => importable(engine, `user ${at}`));
    const logged = await engine.logged(() => importUsers(engine.ctx, engine.root, many));
    assert.equal(logged.length, 40);
    assert.deepEqual(
      new Set(logged.map(({ action, outcome }) => `${action} ${outcome}`)),
      new Set(['user.import success']),
    );
    assert.equal(new Set(logged.map(({ userId }) => userId)).size, 40);
    await allStrandsAreWhole(engine);
  });

  // Two that took them in different orders would wait for each other.
  test('the chains of the log are taken in their order', async () => {
    await using engine = await startEngine(database);
    const many = Array.from({ length: 40 }, (_, at) => importable(engine, `user ${at}`));
    await importUsers(engine.ctx, engine.root, many);
    const rows = await engine.ctx.store.db.selectFrom('attempts').select('strand').orderBy('id').execute();
    const chains = rows.map(({ strand }) => String(strand));
    assert.ok(new Set(chains).size > 5);
    assert.deepEqual(
      chains,
      chains.toSorted((one, other) => (one < other ? -1 : Number(one > other))),
    );
  });

  test('who has the name of somebody there is left out, however it is written, and that user stays as they are', async () => {
    await using engine = await startEngine(database);
    const ada = await engine.addPerson('Ada');
    const logged = await engine.logged(async () => {
      const made = await importUsers(engine.ctx, engine.root, [
        importable(engine, 'ＡＤＡ'),
        importable(engine, 'bob'),
      ]);
      assert.deepEqual(namesOf(made), ['bob']);
    });
    assert.equal(logged.length, 1);
    assert.equal((await listAuthenticators(engine.ctx.store, ada.user.id, engine.clock.now())).length, 1);
    assert.equal((await engine.logIn('ada', ada.password)).ok, true);
  });

  test('of two with one name at once the first is made', async () => {
    await using engine = await startEngine(database);
    const [first, second] = [importable(engine, 'ada'), importable(engine, 'ADA')];
    assert.deepEqual(await importUsers(engine.ctx, engine.root, [first, second]), new Set([first]));
  });

  test('a second time nobody is made and nothing is logged', async () => {
    await using engine = await startEngine(database);
    const both = [importable(engine, 'ada'), importable(engine, 'bob')];
    await importUsers(engine.ctx, engine.root, both);
    assert.deepEqual(await findExistingUsers(engine.ctx, engine.root, both), new Set(both));
    const logged = await engine.logged(async () =>
      assert.equal((await importUsers(engine.ctx, engine.root, both)).size, 0),
    );
    assert.deepEqual(logged, []);
  });

  test('names are taken in their own account only', async () => {
    await using engine = await startEngine(database);
    const east = await engine.addAccount('east');
    const ada = importable(engine, 'ada');
    await importUsers(engine.ctx, engine.root, [ada]);
    assert.equal((await findExistingUsers(engine.ctx, east, [ada])).size, 0);
    assert.equal((await importUsers(engine.ctx, east, [ada])).size, 1);
  });

  test('two imports of the same people in opposite orders at once make each once, and neither waits for ever', async () => {
    await using engine = await startEngine(database);
    const other = await engine.node();
    const people = Array.from({ length: 60 }, (_, at) => importable(engine, `user ${at}`));
    const made = await Promise.all([
      importUsers(engine.ctx, engine.root, people),
      importUsers(other.ctx, engine.root, people.toReversed()),
    ]);
    assert.equal(made[0].size + made[1].size, 60);
    assert.equal(await countUsers(engine), 60);
    await allStrandsAreWhole(engine);
  });

  test('a fault among many leaves none of them', async () => {
    await using engine = await startEngine(database);
    const broken = { ...importable(engine, 'bob'), authenticators: [{ kind: 'totp', label: null, state: 1n }] };
    await assert.rejects(importUsers(engine.ctx, engine.root, [importable(engine, 'ada'), broken]));
    assert.equal(await countUsers(engine), 0);
  });

  test('the next code of the app they had logs them in, and the present one does not', async () => {
    await using engine = await startEngine(database);
    const hash = await engine.ctx.hasher.hash('correct horse');
    const password = { kind: 'password', label: null, imported: { hash } };
    await importUsers(engine.ctx, engine.root, [importable(engine, 'ada', { authenticators: [password, totp] })]);
    await assert.rejects(engine.signIn('ada', 'correct horse', engine.codeFor(seed)), /replayed/);
    assert.ok(await engine.signIn('ada', 'correct horse', engine.codeFor(seed, 1)));
  });
});

onEachDatabase('what people bring is judged', (database) => {
  const judged = async (more: Partial<SourceUser>) => {
    await using engine = await startEngine(database);
    const { importable: made, skipped } = judgeSourceUser(engine.ctx, sourceUser('ada', more));
    return { kinds: made?.authenticators.map(({ kind }) => kind), skipped: skipped.map(({ what }) => what) };
  };

  test('what can not be taken is left, and the rest comes along', async () => {
    assert.deepEqual(await judged({ authenticators: [totp, shortTotp] }), { kinds: ['totp'], skipped: ['totp'] });
  });

  test('who had a second factor and can bring none stays where they are', async () => {
    assert.deepEqual(await judged({ authenticators: [shortTotp] }), { kinds: undefined, skipped: ['totp', 'user'] });
    assert.deepEqual(await judged({ authenticators: [] }), { kinds: undefined, skipped: ['user'] });
  });

  test('a backup code is no second factor that would do', async () => {
    const backup = { kind: 'backup', label: null, imported: { code: '0123456789AB' } };
    assert.equal((await judged({ authenticators: [backup] })).kinds, undefined);
  });

  test('who had none comes without one', async () => {
    assert.deepEqual(await judged({ authenticators: [], guarded: false }), { kinds: [], skipped: [] });
  });

  test('nobody brings more than one may have', async () => {
    const { kinds, skipped } = await judged({ authenticators: Array.from({ length: 7 }, () => totp) });
    assert.deepEqual([kinds?.length, skipped], [5, ['totp', 'totp']]);
  });

  test('recovery codes and keys do not move', async () => {
    const others = ['recovery', 'apikey', 'device'].map((kind) => ({ kind, label: null, imported: {} }));
    assert.deepEqual(await judged({ authenticators: [totp, ...others] }), {
      kinds: ['totp'],
      skipped: ['recovery', 'apikey', 'device'],
    });
  });
});
