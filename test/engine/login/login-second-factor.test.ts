import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { remove } from '../../../src/engine/enrollment/remove.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { setPassword } from '../../../src/engine/enrollment/set-password.ts';
import { answerLogin } from '../../../src/engine/login/answer-login.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house, type House, type Person } from '../../../kit/house.ts';
import { addKeys, watched } from './login-help.ts';

/** Protects a person who may have keys already. */
async function protect(home: House, { name, password }: Person): Promise<string> {
  return (await home.enrollTotp(await home.enter(name, password))).seed;
}

onEachDatabase('a login', (database) => {
  test('asks for a second factor when the user has one, and opens nothing before it is proven', async () => {
    await using home = await house(database);
    const { user, password, id, token } = await home.addProtected('ada');
    const asked = got(await home.logIn('ada', password));
    assert.ok(asked.state === 'challenge');
    assert.match(asked.challengeToken, /^[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(
      asked.anyOf.map((one) => one.id),
      [id],
    );
    assert.deepEqual(await authenticate(home.ctx, asked.challengeToken), refuse('invalid_token'));
    const { db } = home.ctx.store;
    const sessions = await db.selectFrom('sessions').select('id').where('user_id', '=', user.id).execute();
    assert.deepEqual(
      sessions.map((session) => session.id),
      [(await home.caller(token)).id],
    );
  });

  test('asks for no second factor that is not confirmed', async () => {
    await using home = await house(database);
    const { caller, password } = await home.addPerson('ada');
    got(await enroll(home.ctx, caller, { kind: 'totp', label: null, input: {} }));
    assert.equal(got(await home.logIn('ada', password)).state, 'session');
  });

  test('asks an apikey for no second factor, and a device secret for one', async () => {
    await using home = await house(database);
    const ada = await home.addPerson('ada');
    const { apikey, device } = await addKeys(home, ada);
    const seed = await protect(home, ada);
    assert.equal((await home.enter('ada', apikey)).secondFactorAt, null);
    const challengeToken = await home.challenge('ada', device);
    const { token } = got(await answerLogin(home.ctx, { challengeToken, response: home.codeFor(seed) }));
    const caller = await home.caller(token);
    assert.equal(caller.authModule, 'device');
    assert.deepEqual(caller.amr, ['device', 'otp', 'mfa']);
  });

  test('with a password that is replaced while it is checked asks for no second factor', async () => {
    const hasher = watched();
    await using home = await house(database, { hasher });
    const { caller, name, password } = await home.addProtected('ada');
    hasher.meanwhile = async () => {
      const other = await home.node();
      got(await setPassword(other.ctx, caller, { secret: 'another password', label: null }));
    };
    assert.deepEqual(await home.logIn(name, password), refuse('raced'));
    assert.equal(got(await home.logIn(name, 'another password')).state, 'challenge');
  });

  test('that began before the user had a second factor opens nothing after it', async () => {
    const hasher = watched();
    await using home = await house(database, { hasher });
    const { caller, name, password } = await home.addPerson('ada');
    hasher.meanwhile = async () => void (await (await home.node()).enrollTotp(caller));
    const outcome = await home.logIn(name, password);
    if (outcome.ok) {
      assert.ok(outcome.value.state === 'session');
      assert.deepEqual(await authenticate(home.ctx, outcome.value.token), refuse('invalid_token'));
    }
    assert.equal(got(await home.logIn(name, password)).state, 'challenge');
  });

  test('that is asked for a second factor which is removed meanwhile opens nothing with it', async () => {
    const hasher = watched();
    await using home = await house(database, { hasher });
    const { user, caller, name, password, id, seed } = await home.addProtected('ada');
    hasher.meanwhile = async () => {
      const other = await home.node();
      got(await remove(other.ctx, caller, { user: { ...user, epoch: caller.epoch }, authenticatorId: id }));
    };
    const asked = got(await home.logIn(name, password));
    assert.ok(asked.state === 'challenge');
    const answered = await answerLogin(home.ctx, {
      challengeToken: asked.challengeToken,
      response: home.codeFor(seed),
    });
    assert.deepEqual(answered, refuse('invalid_challenge'));
  });
});
