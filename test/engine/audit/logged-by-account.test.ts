/** Contract section 4: `log_failed_attempts` and `log_successful_attempts` of a module. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../../src/base/clock.ts';
import { refuse } from '../../../src/base/outcome.ts';
import type { AuthModulesConfig } from '../../../src/engine/policy/configuration.ts';
import { logRefusal, logSuccess } from '../../../src/engine/audit/log-attempt.ts';
import {
  answerLogin,
  confirm,
  endSession,
  enroll,
  login,
  loginWithBothFactors,
} from '../../../src/engine/operations.ts';
import { writeSecurity } from '../../../src/store/security.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine, type TestEngine } from '../../../kit/test-engine.ts';
import { interrupted } from '../../../kit/interrupted.ts';

async function says(
  { ctx, clock, root }: TestEngine,
  password: AuthModulesConfig['password'],
  revision = 0,
): Promise<void> {
  const said = { accountId: root, authModules: { password }, revision };
  assert.equal(await writeSecurity(ctx.store, said, clock.now()), true);
}

/** What a day of Ada's leaves in the log: slips and successes, with both factors. */
async function day(engine: TestEngine) {
  const ada = await engine.addProtected('ada');
  engine.clock.tick(minute);
  const logged = await engine.logged(async () => {
    await engine.logIn('ada', 'a wrong guess');
    await engine.logIn('nobody', 'a wrong guess');
    const challengeToken = await engine.challenge('ada', ada.password);
    const response = (code: string) => answerLogin(engine.ctx, { challengeToken, response: code });
    assert.equal((await response(engine.wrongCodeFor(ada.seed))).ok, false);
    assert.equal((await response(engine.codeFor(ada.seed))).ok, true);
    const through = { authModule: 'authtoken' } as const;
    assert.equal((await engine.logIn('ada', 'a wrong guess', through)).ok, false);
  });
  return logged.map(({ action, outcome, authModule }) => `${authModule} ${action} ${outcome}`);
}

const [failed, successful] = [
  ['password login failed', 'password login failed', 'password answer failed'],
  ['password login success', 'password answer success'],
];
const elsewhere = 'authtoken login failed';

onEachDatabase('the log of attempts of an account', (database) => {
  test('has everything where nobody says anything', async () => {
    await using engine = await startEngine(database);
    assert.deepEqual((await day(engine)).toSorted(), [...failed, ...successful, elsewhere].toSorted());
  });

  test('has no failures of a module where that is said, of known and of unknown names', async () => {
    await using engine = await startEngine(database);
    await says(engine, { log_failed_attempts: false });
    assert.deepEqual((await day(engine)).toSorted(), [...successful, elsewhere].toSorted());
  });

  test('has no successes of a module where that is said', async () => {
    await using engine = await startEngine(database);
    await says(engine, { log_successful_attempts: false });
    assert.deepEqual((await day(engine)).toSorted(), [...failed, elsewhere].toSorted());
  });

  test('has neither who is turned away, nor messages that were sent, where that is said', async () => {
    await using engine = await startEngine(database);
    const { ctx } = engine;
    const { password, caller } = await engine.addPerson('ada');
    const number = { kind: 'sms', label: null, input: { destination: '+12133734253' } } as const;
    const authenticatorId = unwrap(await enroll(ctx, caller, number)).authenticator.id;
    unwrap(await confirm(ctx, caller, { authenticatorId, response: engine.sent.at(-1)?.code }));
    engine.clock.tick(minute);
    const asked = { authModule: 'password', login: 'ada', secret: password } as const;
    assert.deepEqual(
      (await engine.logged(() => loginWithBothFactors(ctx, asked))).map(({ action }) => action).toSorted(),
      ['login', 'send'],
    );
    engine.clock.tick(minute);
    const quiet = { log_successful_attempts: false, log_failed_attempts: false };
    await says(engine, quiet);
    const sent = engine.sent.length;
    assert.deepEqual(await engine.logged(() => loginWithBothFactors(ctx, asked)), []);
    assert.equal(engine.sent.length, sent + 1);
    await says(engine, { ...quiet, enabled: false }, 1);
    const closed = await engine.logged(async () =>
      assert.deepEqual(await loginWithBothFactors(ctx, asked), refuse('module_disabled')),
    );
    assert.deepEqual(closed, []);
  });

  test('has every use of a recovery code, for a notice tells of it', async () => {
    await using engine = await startEngine(database);
    const { name, password, codes } = await engine.addProtected('ada', { email: 'ada@example.org' });
    await says(engine, { log_successful_attempts: false });
    const logged = await engine.logged(() => engine.signIn(name, password, codes[0]));
    assert.deepEqual(
      logged.map(({ action, factor }) => [action, factor]),
      [['answer', 'recovery']],
    );
    const { store } = engine.ctx;
    const told = await store.db
      .selectFrom('notices')
      .select('attempt_id')
      .where('name', '=', 'recovery_code_used')
      .execute();
    const known = await store.db.selectFrom('attempts').select('id').where('factor', '=', 'recovery').execute();
    assert.deepEqual(
      told.map((notice) => notice.attempt_id),
      known.map(({ id }) => id),
    );
  });

  test('has enrolments and ends of sessions, whatever is said', async () => {
    await using engine = await startEngine(database);
    await says(engine, { log_successful_attempts: false, log_failed_attempts: false });
    const logged = await engine.logged(async () => {
      const { token } = await engine.addProtected('ada');
      const caller = await engine.caller(token);
      unwrap(await endSession(engine.ctx, caller, caller.id));
    });
    const actions = logged.map(({ action }) => action);
    assert.deepEqual([...new Set(actions)].toSorted(), ['confirm', 'enroll', 'session.end', 'user.create']);
  });

  test('has what is no step of a login, whatever way in it names', async () => {
    await using engine = await startEngine(database);
    const { ctx, root: accountId } = engine;
    await says(engine, { log_successful_attempts: false, log_failed_attempts: false });
    const logged = await engine.logged(async () => {
      for (const action of ['confirm', 'login']) {
        const tried = { action, accountId, authModule: 'password' };
        await logSuccess(ctx, tried);
        await logRefusal(ctx, tried, 'wrong');
      }
    });
    assert.deepEqual(
      logged.map(({ action }) => action),
      ['confirm', 'confirm'],
    );
  });

  test('has what the policy said by which the login was judged: it is read once', async () => {
    await using engine = await startEngine(database);
    const { name, password } = await engine.addPerson('ada');
    const ctx = interrupted(engine.ctx, () => says(engine, { log_successful_attempts: false }));
    const asked = { authModule: 'password', login: name, secret: password } as const;
    const logged = await engine.logged(async () => unwrap(await login(ctx, asked)));
    assert.deepEqual(
      logged.map(({ action }) => action),
      ['login'],
    );
    assert.deepEqual(await engine.logged(() => engine.signIn(name, password)), []);
  });

  test('has what was tried where it cannot be read what is said, and nobody gets in', async () => {
    await using engine = await startEngine(database);
    const ada = await engine.addProtected('ada');
    const challengeToken = await engine.challenge('ada', ada.password);
    const garbled = { accountId: engine.root, authModules: { password: { log_failed_attempts: 'no' } }, revision: 0 };
    await writeSecurity(engine.ctx.store, garbled, engine.clock.now());
    const logged = await engine.logged(async () => {
      for (const secret of [ada.password, 'a wrong guess']) await assert.rejects(engine.logIn('ada', secret));
      const response = engine.wrongCodeFor(ada.seed);
      assert.deepEqual(await answerLogin(engine.ctx, { challengeToken, response }), refuse('wrong'));
    });
    assert.deepEqual(
      logged.map(({ action }) => action),
      ['answer'],
    );
    assert.deepEqual(
      engine.lines.map(({ level, fields }) => [level, fields['account_id']]),
      [['error', engine.root]],
    );
    await assert.rejects(answerLogin(engine.ctx, { challengeToken, response: engine.codeFor(ada.seed) }));
  });
});
