import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { remove } from '../../../src/engine/enrollment/remove.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { setPassword } from '../../../src/engine/enrollment/set-password.ts';
import { answerLogin } from '../../../src/engine/login/answer-login.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine, type TestEngine, type Person } from '../../../kit/test-engine.ts';
import { addKeys, watched } from './login-help.ts';

/** Protects a person who may have keys already. */
async function protect(engine: TestEngine, { name, password }: Person): Promise<string> {
  return (await engine.enrollTotp(await engine.enter(name, password))).seed;
}

onEachDatabase('a login', (database) => {
  test('asks for a second factor when the user has one, and opens nothing before it is proven', async () => {
    await using engine = await startEngine(database);
    const { user, password, id, token } = await engine.addProtected('ada');
    const asked = unwrap(await engine.logIn('ada', password));
    assert.ok(asked.state === 'challenge');
    assert.match(asked.challengeToken, /^[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(
      asked.anyOf.map((one) => one.id),
      [id],
    );
    assert.deepEqual(await authenticate(engine.ctx, asked.challengeToken), refuse('invalid_token'));
    const { db } = engine.ctx.store;
    const sessions = await db.selectFrom('sessions').select('id').where('user_id', '=', user.id).execute();
    assert.deepEqual(
      sessions.map((session) => session.id),
      [(await engine.caller(token)).id],
    );
  });

  test('asks for no second factor that is not confirmed', async () => {
    await using engine = await startEngine(database);
    const { caller, password } = await engine.addPerson('ada');
    unwrap(await enroll(engine.ctx, caller, { kind: 'totp', label: null, input: {} }));
    assert.equal(unwrap(await engine.logIn('ada', password)).state, 'session');
  });

  test('asks an API key for no second factor, and a device secret for one', async () => {
    await using engine = await startEngine(database);
    const ada = await engine.addPerson('ada');
    const { apikey, device } = await addKeys(engine, ada);
    const seed = await protect(engine, ada);
    assert.equal((await engine.enter('ada', apikey)).secondFactorAt, null);
    const challengeToken = await engine.challenge('ada', device);
    const { token } = unwrap(await answerLogin(engine.ctx, { challengeToken, response: engine.codeFor(seed) }));
    const caller = await engine.caller(token);
    assert.equal(caller.authModule, 'device');
    assert.deepEqual(caller.amr, ['device', 'otp', 'mfa']);
  });

  test('with a password that is replaced while it is checked asks for no second factor', async () => {
    const hasher = watched();
    await using engine = await startEngine(database, { hasher });
    const { caller, name, password } = await engine.addProtected('ada');
    hasher.meanwhile = async () => {
      const other = await engine.node();
      unwrap(await setPassword(other.ctx, caller, { secret: 'another password', label: null }));
    };
    assert.deepEqual(await engine.logIn(name, password), refuse('raced'));
    assert.equal(unwrap(await engine.logIn(name, 'another password')).state, 'challenge');
  });

  test('that began before the user had a second factor opens nothing after it', async () => {
    const hasher = watched();
    await using engine = await startEngine(database, { hasher });
    const { caller, name, password } = await engine.addPerson('ada');
    hasher.meanwhile = async () => void (await (await engine.node()).enrollTotp(caller));
    const outcome = await engine.logIn(name, password);
    if (outcome.ok) {
      assert.ok(outcome.value.state === 'session');
      assert.deepEqual(await authenticate(engine.ctx, outcome.value.token), refuse('invalid_token'));
    }
    assert.equal(unwrap(await engine.logIn(name, password)).state, 'challenge');
  });

  test('that is asked for a second factor which is removed meanwhile opens nothing with it', async () => {
    const hasher = watched();
    await using engine = await startEngine(database, { hasher });
    const { user, caller, name, password, id, seed } = await engine.addProtected('ada');
    hasher.meanwhile = async () => {
      const other = await engine.node();
      unwrap(await remove(other.ctx, caller, { user: { ...user, epoch: caller.epoch }, authenticatorId: id }));
    };
    const asked = unwrap(await engine.logIn(name, password));
    assert.ok(asked.state === 'challenge');
    const answered = await answerLogin(engine.ctx, {
      challengeToken: asked.challengeToken,
      response: engine.codeFor(seed),
    });
    assert.deepEqual(answered, refuse('invalid_challenge'));
  });
});
