import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { refuse } from '../../../src/base/outcome.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { challengeLife } from '../../../src/engine/proof/issue-prompts.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine } from '../../../kit/test-engine.ts';
import { response, step } from './answer-help.ts';

onEachDatabase('an answer', (database) => {
  test('with the code of an authenticator app opens the session that the login was for', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, seed } = await engine.addProtected('ada');
    engine.clock.tick(60_000);
    const challengeToken = await engine.challenge(name, password);
    engine.clock.tick(1000);
    const { state, token } = unwrap(await response(engine, challengeToken, engine.codeFor(seed)));
    assert.equal(state, 'session');
    const caller = await engine.caller(token);
    const now = engine.clock.now();
    assert.equal(caller.userId, user.id);
    assert.equal(caller.authModule, 'password');
    assert.deepEqual(caller.amr, ['pwd', 'otp', 'mfa']);
    assert.equal(caller.secondFactorAt, now);
    const { acr, amr, auth_time: authTime } = decodeJwt(token);
    assert.deepEqual({ acr, amr, authTime }, { acr: 'aal2', amr: ['pwd', 'otp', 'mfa'], authTime: now / 1000 });
  });

  test('is read with spaces and hyphens, and as a number that lost its leading zeros', async () => {
    await using engine = await startEngine(database);
    const { name, password, seed } = await engine.addProtected('ada');
    const spaced = engine.codeFor(seed).replace(/^(...)/, ' $1 - ');
    assert.equal((await response(engine, await engine.challenge(name, password), spaced)).ok, true);
    while (!engine.codeFor(seed).startsWith('0') || engine.codeFor(seed) === engine.codeFor(seed, -1))
      engine.clock.tick(step);
    const number = Number(engine.codeFor(seed));
    assert.equal((await response(engine, await engine.challenge(name, password), number)).ok, true);
  });

  test('of any second factor of the user is taken', async () => {
    await using engine = await startEngine(database);
    const { name, password, token, seed } = await engine.addProtected('ada');
    const second = await engine.enrollTotp(await engine.caller(token));
    for (const one of [second.seed, seed]) {
      assert.equal((await response(engine, await engine.challenge(name, password), engine.codeFor(one))).ok, true);
    }
  });

  test('with a recovery code stands in for a lost factor, spends that code and leaves everything else', async () => {
    await using engine = await startEngine(database);
    const { name, password, codes, seed } = await engine.addProtected('ada');
    const [first = '', second = ''] = codes;
    const { token } = unwrap(await response(engine, await engine.challenge(name, password), first));
    const caller = await engine.caller(token);
    assert.deepEqual(caller.amr, ['pwd', 'otp', 'mfa']);
    assert.equal(caller.secondFactorAt, engine.clock.now());
    assert.deepEqual(await response(engine, await engine.challenge(name, password), first), refuse('wrong'));
    const spelled = second.toUpperCase().replaceAll('-', ' ').replaceAll('0', 'O').replaceAll('1', 'L');
    assert.equal((await response(engine, await engine.challenge(name, password), spelled)).ok, true);
    assert.equal((await response(engine, await engine.challenge(name, password), engine.codeFor(seed))).ok, true);
  });

  test('with a code that was used is refused, over any challenge and in any spelling', async () => {
    await using engine = await startEngine(database);
    const { name, password, seed } = await engine.addProtected('ada');
    const code = engine.codeFor(seed);
    unwrap(await response(engine, await engine.challenge(name, password), code));
    const challengeToken = await engine.challenge(name, password);
    for (const again of [code, ` ${code}`, code.replace(/^(...)/, '$1-'), Number(code)]) {
      assert.deepEqual(await response(engine, challengeToken, again), refuse('replayed'));
    }
    engine.clock.tick(step);
    assert.deepEqual(await response(engine, challengeToken, code), refuse('replayed'));
  });

  test('with a code that is older than one that was used is refused', async () => {
    await using engine = await startEngine(database);
    const { name, password, seed } = await engine.addProtected('ada');
    unwrap(await response(engine, await engine.challenge(name, password), engine.codeFor(seed, 1)));
    assert.deepEqual(
      await response(engine, await engine.challenge(name, password), engine.codeFor(seed)),
      refuse('replayed'),
    );
  });

  test('is taken up to the moment the challenge expires', async () => {
    await using engine = await startEngine(database);
    const { name, password, seed } = await engine.addProtected('ada');
    const [early, late] = [await engine.challenge(name, password), await engine.challenge(name, password)];
    engine.clock.tick(challengeLife - 1);
    assert.equal((await response(engine, early, engine.codeFor(seed))).ok, true);
    engine.clock.tick(1);
    assert.deepEqual(await response(engine, late, engine.codeFor(seed, 1)), refuse('invalid_challenge'));
  });

  test('to a challenge that is spent is refused, and its code is not', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, seed } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge(name, password);
    unwrap(await response(engine, challengeToken, engine.codeFor(seed)));
    engine.clock.tick(step);
    assert.deepEqual(await response(engine, challengeToken, engine.codeFor(seed)), refuse('invalid_challenge'));
    assert.deepEqual(await engine.failures(user.id), {});
    assert.equal((await response(engine, await engine.challenge(name, password), engine.codeFor(seed))).ok, true);
  });

  test("with another user's code is refused, counted on the challenged one, and spends nothing of the other's", async () => {
    await using engine = await startEngine(database);
    const [ada, eve] = [await engine.addProtected('ada'), await engine.addProtected('eve')];
    const challengeToken = await engine.challenge(ada.name, ada.password);
    const [codes = ''] = eve.codes;
    assert.deepEqual(await response(engine, challengeToken, engine.codeFor(eve.seed)), refuse('wrong'));
    assert.deepEqual(await response(engine, challengeToken, codes), refuse('wrong'));
    assert.deepEqual(await engine.failures(ada.user.id), { totp: 1, recovery: 1 });
    assert.deepEqual(await engine.failures(eve.user.id), {});
    assert.equal((await response(engine, await engine.challenge(eve.name, eve.password), codes)).ok, true);
    assert.equal(
      (await response(engine, await engine.challenge(eve.name, eve.password), engine.codeFor(eve.seed))).ok,
      true,
    );
  });

  test('with the code of a factor that is not confirmed is refused', async () => {
    await using engine = await startEngine(database);
    const { name, password, caller } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge(name, password);
    const { offer } = unwrap(await enroll(engine.ctx, caller, { kind: 'totp', label: null, input: {} }));
    assert.deepEqual(await response(engine, challengeToken, engine.codeFor(String(offer.secret))), refuse('wrong'));
  });

  test('is one line of the log, with the true reason; one to no open challenge is none', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, seed } = await engine.addProtected('ada');
    const [challengeToken, other] = [await engine.challenge(name, password), await engine.challenge(name, password)];
    const sessions: string[] = [];
    const lines = await engine.logged(async () => {
      await response(engine, challengeToken, engine.wrongCodeFor(seed));
      engine.clock.tick(1);
      const { token } = unwrap(await response(engine, challengeToken, engine.codeFor(seed)));
      sessions.push((await engine.caller(token)).id);
      engine.clock.tick(1);
      await response(engine, other, engine.codeFor(seed));
      engine.clock.tick(1);
      await response(engine, challengeToken, engine.codeFor(seed));
      await response(engine, 'never a token', engine.codeFor(seed));
    });
    const line = { action: 'answer', authModule: 'password', factor: 'totp', userId: user.id, sessionId: null };
    assert.deepEqual(lines, [
      { ...line, outcome: 'failed', reason: 'wrong' },
      { ...line, outcome: 'success', reason: null, sessionId: sessions[0] },
      { ...line, outcome: 'failed', reason: 'replayed' },
    ]);
  });
});
