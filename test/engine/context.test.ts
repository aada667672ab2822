import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute, second } from '../../src/base/clock.ts';
import { refuse, success } from '../../src/base/outcome.ts';
import { createTurns, type Turns } from '../../src/base/turns.ts';
import { challengeLife } from '../../src/engine/proof/issue-prompts.ts';
import { answerLogin } from '../../src/engine/login/answer-login.ts';
import { withTransaction } from '../../src/engine/context.ts';
import { changeUserOf, makeUserOf } from '../../src/engine/directory/account-users.ts';
import { findTargetAccount } from '../../src/engine/operator/import-users.ts';
import { overridePassword } from '../../src/engine/operator/override-password.ts';
import { sendCode } from '../../src/engine/proof/send-code.ts';
import { makeClient, passwordGrant, prepareRoot } from '../../src/engine/operations.ts';
import type { Caller } from '../../src/engine/session/authenticate.ts';
import { insertAuthenticator } from '../../src/store/authenticators.ts';
import { enroll } from '../../src/engine/enrollment/enroll.ts';
import { login } from '../../src/engine/login/login.ts';
import { setPassword } from '../../src/engine/enrollment/set-password.ts';
import { createUser } from '../../src/engine/directory/create-user.ts';
import type { Gateway } from '../../src/messages/message.ts';
import type { TestClock } from '../../kit/clock.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { cheapHasher } from '../../kit/hasher.ts';
import { unwrap, startEngine, type TestEngine, type Person } from '../../kit/test-engine.ts';

/** Turns on keys with such an end that are waited for so long. */
function waiting(clock: TestClock, end: string, time: number): Turns {
  const turns = createTurns();
  return (key, work) =>
    turns(key, () => {
      if (key.endsWith(end)) clock.tick(time);
      return work();
    });
}

/** Hashes that take a minute each. */
function slowHasher(clock: TestClock) {
  const hasher = cheapHasher();
  return {
    ...hasher,
    async verify(phc: string, secret: string) {
      clock.tick(minute);
      return hasher.verify(phc, secret);
    },
    async hash(secret: string) {
      clock.tick(minute);
      return hasher.hash(secret);
    },
  };
}

/** A request that came now, and whose hashes are slow. */
const slow = ({ ctx, clock }: TestEngine) => ({ ...ctx.at(), hasher: slowHasher(clock) });

/** When the newest attempt of an action was made. */
async function lastAt({ ctx }: TestEngine, action: string): Promise<number | undefined> {
  const attempts = ctx.store.db.selectFrom('attempts').where('action', '=', action);
  return (await attempts.select('at').orderBy('at', 'desc').executeTakeFirst())?.at;
}

onEachDatabase('the context of a request', (database) => {
  test('stays in its transaction when it is renewed there', async () => {
    await using engine = await startEngine(database);
    const ctx = engine.ctx.at();
    const renewed = await withTransaction(ctx, async (tx) => {
      engine.clock.tick(second);
      const later = tx.at();
      return success([later.store === tx.store, later.store === ctx.store, later.now - tx.now, later.client]);
    });
    assert.deepEqual(unwrap(renewed), [true, false, second, ctx.client]);
    assert.equal(ctx.at().now - ctx.now, second);
  });

  for (const end of ['', '/answer'])
    test(`lets no challenge pass that ends while its answer waits for a turn on a key with "${end}"`, async () => {
      await using engine = await startEngine(database);
      const { name, password, seed, user } = await engine.addProtected('ada');
      engine.clock.tick(minute);
      const challengeToken = await engine.challenge(name, password);
      const ctx = { ...engine.ctx.at(), turns: waiting(engine.clock, end, challengeLife) };
      const response = engine.codeFor(seed, challengeLife / (30 * second));
      assert.deepEqual(await answerLogin(ctx, { challengeToken, response }), refuse('invalid_challenge'));
      assert.deepEqual(await engine.failures(user.id), {});
    });

  test('lets no code pass that ends while its answer waits for a turn', async () => {
    await using engine = await startEngine(database);
    const { name, password, seed } = await engine.addProtected('ada');
    engine.clock.tick(minute);
    const challengeToken = await engine.challenge(name, password);
    const ctx = { ...engine.ctx.at(), turns: waiting(engine.clock, '/answer', 2 * minute) };
    assert.deepEqual(await answerLogin(ctx, { challengeToken, response: engine.codeFor(seed) }), refuse('wrong'));
  });

  test('opens a session at the instant at which a slow password was right', async () => {
    await using engine = await startEngine(database);
    const { name, password } = await engine.addPerson('ada');
    const reached = unwrap(await login(slow(engine), { authModule: 'password', login: name, secret: password }));
    assert.equal(reached.state === 'session' && reached.session.authTime, engine.clock.now());
  });

  test('opens a session of who registers at the instant at which their password was hashed', async () => {
    await using engine = await startEngine(database, { settings: { registration: 'open' } });
    const profile = {
      name: 'ada',
      email: null,
      phone: null,
      firstName: null,
      lastName: null,
      roles: ['user' as const],
    };
    const { token = '' } = unwrap(
      await createUser(slow(engine), undefined, { ...profile, password: 'a long password' }),
    );
    const { authTime } = await engine.caller(token);
    assert.equal(authTime, engine.clock.now());
  });

  test('writes a password at the instant at which it was hashed', async () => {
    await using engine = await startEngine(database);
    const { caller, password } = await engine.addPerson('ada');
    const proving = { ...slow(engine), currentPassword: password };
    const { authenticator } = unwrap(await setPassword(proving, caller, { secret: 'another password', label: null }));
    assert.equal(authenticator.createdAt, engine.clock.now());
    assert.equal(await lastAt(engine, 'password.set'), engine.clock.now());
  });

  test('makes the first account at the instant at which its administrator’s password was hashed', async () => {
    await using engine = await startEngine(database);
    const accounts = engine.ctx.store.db;
    await accounts.deleteFrom('accounts').execute();
    await prepareRoot(slow(engine), { username: 'admin', password: 'a long password' });
    const made = await accounts.selectFrom('accounts').select('created_at').execute();
    assert.deepEqual(made, [{ created_at: engine.clock.now() }]);
  });

  test('makes a refresh token at the instant at which a slow password was right', async () => {
    await using engine = await startEngine(database);
    const { name, password } = await engine.addPerson('ada');
    const app = { name: 'app', grantTypes: ['password', 'refresh_token'], scope: '', isPublic: false };
    const { client } = await makeClient(engine.ctx, undefined, { accountId: engine.root, ...app });
    unwrap(await passwordGrant(slow(engine), client, { login: name, secret: password }));
    const made = await engine.ctx.store.db.selectFrom('refresh_tokens').select('created_at').execute();
    assert.deepEqual(made, [{ created_at: engine.clock.now() }]);
  });

  const afterHash: Readonly<Record<string, (engine: TestEngine, ada: Person, boss: Caller) => Promise<unknown>>> = {
    'user.create': async (engine, _ada, boss) => {
      const account = unwrap(await findTargetAccount(engine.ctx, undefined));
      const profile = { name: 'bob', email: null, phone: null, firstName: null, lastName: null };
      const given = { ...profile, roles: ['user' as const], password: 'a long password' };
      return makeUserOf(slow(engine), boss, { ...given, account });
    },
    'password.reset': (engine, { user }, boss) =>
      changeUserOf(slow(engine), boss, { user, changes: {}, secret: 'another password' }),
    'operator.password': (engine, { name }) => overridePassword(slow(engine), { login: name }, 'another password'),
  };
  for (const [action, work] of Object.entries(afterHash))
    test(`logs ${action} at the instant at which the password was hashed`, async () => {
      await using engine = await startEngine(database);
      const [ada, boss] = [await engine.addPerson('ada'), await engine.addPerson('boss', { roles: ['admin'] })];
      engine.clock.tick(minute);
      await work(engine, ada, boss.caller);
      assert.equal(await lastAt(engine, action), engine.clock.now());
    });

  test('begins the life of a new authenticator, and logs a code, when the gateway has taken it', async () => {
    const late: { clock?: TestClock } = {};
    const slowly: Gateway = {
      name: 'slow',
      channels: ['email'],
      async send() {
        late.clock?.tick(minute);
        return success(undefined);
      },
    };
    await using engine = await startEngine(database, { gateways: [slowly] });
    const { caller } = await engine.addPerson('ada');
    const proven = await engine.addProtected('bob');
    late.clock = engine.clock;
    const given = { kind: 'email', label: null, input: { destination: 'ada@example.org' } } as const;
    const { authenticator } = unwrap(await enroll(engine.ctx.at(), caller, given));
    assert.equal(authenticator.createdAt, engine.clock.now());
    await insertAuthenticator(
      engine.ctx.store,
      {
        ...authenticator,
        id: proven.id.replace(/^./, 'f'),
        userId: proven.user.id,
        status: 'active',
        lookup: undefined,
      },
      0,
    );
    const challenge = await engine.challenge('bob', proven.password);
    unwrap(await sendCode(engine.ctx.at(), { challenge }));
    assert.equal(await lastAt(engine, 'send'), engine.clock.now());
  });
});
