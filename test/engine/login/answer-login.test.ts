import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { refuse } from '../../../src/base/outcome.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { challengeLife } from '../../../src/engine/proof/issue-prompts.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house } from '../../../kit/house.ts';
import { response, step } from './answer-help.ts';

onEachDatabase('an answer', (database) => {
  test('with the code of an authenticator app opens the session that the login was for', async () => {
    await using home = await house(database);
    const { user, name, password, seed } = await home.addProtected('ada');
    home.clock.tick(60_000);
    const challengeToken = await home.challenge(name, password);
    home.clock.tick(1000);
    const { state, token } = got(await response(home, challengeToken, home.codeFor(seed)));
    assert.equal(state, 'session');
    const caller = await home.caller(token);
    const now = home.clock.now();
    assert.equal(caller.userId, user.id);
    assert.equal(caller.authModule, 'password');
    assert.deepEqual(caller.amr, ['pwd', 'otp', 'mfa']);
    assert.equal(caller.secondFactorAt, now);
    const { acr, amr, auth_time: authTime } = decodeJwt(token);
    assert.deepEqual({ acr, amr, authTime }, { acr: 'aal2', amr: ['pwd', 'otp', 'mfa'], authTime: now / 1000 });
  });

  test('is read with spaces and hyphens, and as a number that lost its leading zeros', async () => {
    await using home = await house(database);
    const { name, password, seed } = await home.addProtected('ada');
    const spaced = home.codeFor(seed).replace(/^(...)/, ' $1 - ');
    assert.equal((await response(home, await home.challenge(name, password), spaced)).ok, true);
    while (!home.codeFor(seed).startsWith('0') || home.codeFor(seed) === home.codeFor(seed, -1)) home.clock.tick(step);
    const number = Number(home.codeFor(seed));
    assert.equal((await response(home, await home.challenge(name, password), number)).ok, true);
  });

  test('of any second factor of the user is taken', async () => {
    await using home = await house(database);
    const { name, password, token, seed } = await home.addProtected('ada');
    const second = await home.enrollTotp(await home.caller(token));
    for (const one of [second.seed, seed]) {
      assert.equal((await response(home, await home.challenge(name, password), home.codeFor(one))).ok, true);
    }
  });

  test('with a recovery code stands in for a lost factor, spends that code and leaves everything else', async () => {
    await using home = await house(database);
    const { name, password, codes, seed } = await home.addProtected('ada');
    const [first = '', second = ''] = codes;
    const { token } = got(await response(home, await home.challenge(name, password), first));
    const caller = await home.caller(token);
    assert.deepEqual(caller.amr, ['pwd', 'otp', 'mfa']);
    assert.equal(caller.secondFactorAt, home.clock.now());
    assert.deepEqual(await response(home, await home.challenge(name, password), first), refuse('wrong'));
    const spelled = second.toUpperCase().replaceAll('-', ' ').replaceAll('0', 'O').replaceAll('1', 'L');
    assert.equal((await response(home, await home.challenge(name, password), spelled)).ok, true);
    assert.equal((await response(home, await home.challenge(name, password), home.codeFor(seed))).ok, true);
  });

  test('with a code that was used is refused, over any challenge and in any spelling', async () => {
    await using home = await house(database);
    const { name, password, seed } = await home.addProtected('ada');
    const code = home.codeFor(seed);
    got(await response(home, await home.challenge(name, password), code));
    const challengeToken = await home.challenge(name, password);
    for (const again of [code, ` ${code}`, code.replace(/^(...)/, '$1-'), Number(code)]) {
      assert.deepEqual(await response(home, challengeToken, again), refuse('replayed'));
    }
    home.clock.tick(step);
    assert.deepEqual(await response(home, challengeToken, code), refuse('replayed'));
  });

  test('with a code that is older than one that was used is refused', async () => {
    await using home = await house(database);
    const { name, password, seed } = await home.addProtected('ada');
    got(await response(home, await home.challenge(name, password), home.codeFor(seed, 1)));
    assert.deepEqual(
      await response(home, await home.challenge(name, password), home.codeFor(seed)),
      refuse('replayed'),
    );
  });

  test('is taken up to the moment the challenge expires', async () => {
    await using home = await house(database);
    const { name, password, seed } = await home.addProtected('ada');
    const [early, late] = [await home.challenge(name, password), await home.challenge(name, password)];
    home.clock.tick(challengeLife - 1);
    assert.equal((await response(home, early, home.codeFor(seed))).ok, true);
    home.clock.tick(1);
    assert.deepEqual(await response(home, late, home.codeFor(seed, 1)), refuse('invalid_challenge'));
  });

  test('to a challenge that is spent is refused, and its code is not', async () => {
    await using home = await house(database);
    const { user, name, password, seed } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    got(await response(home, challengeToken, home.codeFor(seed)));
    home.clock.tick(step);
    assert.deepEqual(await response(home, challengeToken, home.codeFor(seed)), refuse('invalid_challenge'));
    assert.deepEqual(await home.failures(user.id), {});
    assert.equal((await response(home, await home.challenge(name, password), home.codeFor(seed))).ok, true);
  });

  test("with another user's code is refused, counted on the challenged one, and spends nothing of the other's", async () => {
    await using home = await house(database);
    const [ada, eve] = [await home.addProtected('ada'), await home.addProtected('eve')];
    const challengeToken = await home.challenge(ada.name, ada.password);
    const [codes = ''] = eve.codes;
    assert.deepEqual(await response(home, challengeToken, home.codeFor(eve.seed)), refuse('wrong'));
    assert.deepEqual(await response(home, challengeToken, codes), refuse('wrong'));
    assert.deepEqual(await home.failures(ada.user.id), { totp: 1, recovery: 1 });
    assert.deepEqual(await home.failures(eve.user.id), {});
    assert.equal((await response(home, await home.challenge(eve.name, eve.password), codes)).ok, true);
    assert.equal((await response(home, await home.challenge(eve.name, eve.password), home.codeFor(eve.seed))).ok, true);
  });

  test('with the code of a factor that is not confirmed is refused', async () => {
    await using home = await house(database);
    const { name, password, caller } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    const { offer } = got(await enroll(home.ctx, caller, { kind: 'totp', label: null, input: {} }));
    assert.deepEqual(await response(home, challengeToken, home.codeFor(String(offer.secret))), refuse('wrong'));
  });

  test('is one line of the log, with the true reason', async () => {
    await using home = await house(database);
    const { user, name, password, seed } = await home.addProtected('ada');
    const [challengeToken, other] = [await home.challenge(name, password), await home.challenge(name, password)];
    const sessions: string[] = [];
    const lines = await home.logged(async () => {
      await response(home, challengeToken, home.wrongCodeFor(seed));
      home.clock.tick(1);
      const { token } = got(await response(home, challengeToken, home.codeFor(seed)));
      sessions.push((await home.caller(token)).id);
      home.clock.tick(1);
      await response(home, other, home.codeFor(seed));
      home.clock.tick(1);
      await response(home, challengeToken, home.codeFor(seed));
    });
    const line = { action: 'answer', authModule: 'password', factor: 'totp', userId: user.id, sessionId: null };
    assert.deepEqual(lines, [
      { ...line, outcome: 'failed', reason: 'wrong' },
      { ...line, outcome: 'success', reason: null, sessionId: sessions[0] },
      { ...line, outcome: 'failed', reason: 'replayed' },
      { ...line, outcome: 'failed', reason: 'invalid_challenge', factor: null, userId: null, authModule: null },
    ]);
  });
});
