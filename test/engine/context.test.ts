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
import { got, house, type House, type Person } from '../../kit/house.ts';

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
const slow = ({ ctx, clock }: House) => ({ ...ctx.at(), hasher: slowHasher(clock) });

/** When the newest attempt of an action was made. */
async function lastAt({ ctx }: House, action: string): Promise<number | undefined> {
  const attempts = ctx.store.db.selectFrom('attempts').where('action', '=', action);
  return (await attempts.select('at').orderBy('at', 'desc').executeTakeFirst())?.at;
}

onEachDatabase('the context of a request', (database) => {
  test('stays in its transaction when it is renewed there', async () => {
    await using home = await house(database);
    const ctx = home.ctx.at();
    const renewed = await withTransaction(ctx, async (tx) => {
      home.clock.tick(second);
      const later = tx.at();
      return success([later.store === tx.store, later.store === ctx.store, later.now - tx.now, later.client]);
    });
    assert.deepEqual(got(renewed), [true, false, second, ctx.client]);
    assert.equal(ctx.at().now - ctx.now, second);
  });

  for (const end of ['', '/answer'])
    test(`lets no challenge pass that ends while its answer waits for a turn on a key with "${end}"`, async () => {
      await using home = await house(database);
      const { name, password, seed, user } = await home.addProtected('ada');
      home.clock.tick(minute);
      const challengeToken = await home.challenge(name, password);
      const ctx = { ...home.ctx.at(), turns: waiting(home.clock, end, challengeLife) };
      const response = home.codeFor(seed, challengeLife / (30 * second));
      assert.deepEqual(await answerLogin(ctx, { challengeToken, response }), refuse('invalid_challenge'));
      assert.deepEqual(await home.failures(user.id), {});
    });

  test('lets no code pass that ends while its answer waits for a turn', async () => {
    await using home = await house(database);
    const { name, password, seed } = await home.addProtected('ada');
    home.clock.tick(minute);
    const challengeToken = await home.challenge(name, password);
    const ctx = { ...home.ctx.at(), turns: waiting(home.clock, '/answer', 2 * minute) };
    assert.deepEqual(await answerLogin(ctx, { challengeToken, response: home.codeFor(seed) }), refuse('wrong'));
  });

  test('opens a session at the instant at which a slow password was right', async () => {
    await using home = await house(database);
    const { name, password } = await home.addPerson('ada');
    const reached = got(await login(slow(home), { authModule: 'password', login: name, secret: password }));
    assert.equal(reached.state === 'session' && reached.session.authTime, home.clock.now());
  });

  test('opens a session of who registers at the instant at which their password was hashed', async () => {
    await using home = await house(database, { settings: { registration: 'open' } });
    const profile = {
      name: 'ada',
      email: null,
      phone: null,
      firstName: null,
      lastName: null,
      roles: ['user' as const],
    };
    const { token = '' } = got(await createUser(slow(home), undefined, { ...profile, password: 'a long password' }));
    const { authTime } = await home.caller(token);
    assert.equal(authTime, home.clock.now());
  });

  test('writes a password at the instant at which it was hashed', async () => {
    await using home = await house(database);
    const { caller, password } = await home.addPerson('ada');
    const set = { secret: 'another password', current: password, label: null };
    const { createdAt } = got(await setPassword(slow(home), caller, set));
    assert.equal(createdAt, home.clock.now());
    assert.equal(await lastAt(home, 'password.set'), home.clock.now());
  });

  test('makes the first account at the instant at which its administrator’s password was hashed', async () => {
    await using home = await house(database);
    const accounts = home.ctx.store.db;
    await accounts.deleteFrom('accounts').execute();
    await prepareRoot(slow(home), { username: 'admin', password: 'a long password' });
    const made = await accounts.selectFrom('accounts').select('created_at').execute();
    assert.deepEqual(made, [{ created_at: home.clock.now() }]);
  });

  test('makes a refresh token at the instant at which a slow password was right', async () => {
    await using home = await house(database);
    const { name, password } = await home.addPerson('ada');
    const app = { name: 'app', grantTypes: ['password', 'refresh_token'], scope: '', isPublic: false };
    const { client } = await makeClient(home.ctx, undefined, { accountId: home.root, ...app });
    got(await passwordGrant(slow(home), client, { login: name, secret: password }));
    const made = await home.ctx.store.db.selectFrom('refresh_tokens').select('created_at').execute();
    assert.deepEqual(made, [{ created_at: home.clock.now() }]);
  });

  const afterHash: Readonly<Record<string, (home: House, ada: Person, boss: Caller) => Promise<unknown>>> = {
    'user.create': async (home) => {
      const account = got(await findTargetAccount(home.ctx, undefined));
      const profile = { name: 'bob', email: null, phone: null, firstName: null, lastName: null };
      return makeUserOf(slow(home), account, { ...profile, roles: ['user'], password: 'a long password' });
    },
    'password.reset': (home, { user }, boss) =>
      changeUserOf(slow(home), boss, { user, changes: {}, secret: 'another password' }),
    'operator.password': (home, { name }) => overridePassword(slow(home), { login: name }, 'another password'),
  };
  for (const [action, work] of Object.entries(afterHash))
    test(`logs ${action} at the instant at which the password was hashed`, async () => {
      await using home = await house(database);
      const [ada, boss] = [await home.addPerson('ada'), await home.addPerson('boss', { roles: ['admin'] })];
      home.clock.tick(minute);
      await work(home, ada, boss.caller);
      assert.equal(await lastAt(home, action), home.clock.now());
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
    await using home = await house(database, { gateways: [slowly] });
    const { caller } = await home.addPerson('ada');
    const proven = await home.addProtected('bob');
    late.clock = home.clock;
    const given = { kind: 'email', label: null, input: { destination: 'ada@example.org' } } as const;
    const { authenticator } = got(await enroll(home.ctx.at(), caller, given));
    assert.equal(authenticator.createdAt, home.clock.now());
    await insertAuthenticator(
      home.ctx.store,
      {
        ...authenticator,
        id: proven.id.replace(/^./, 'f'),
        userId: proven.user.id,
        status: 'active',
        lookup: undefined,
      },
      0,
    );
    const challenge = await home.challenge('bob', proven.password);
    got(await sendCode(home.ctx.at(), { challenge }));
    assert.equal(await lastAt(home, 'send'), home.clock.now());
  });
});
