import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, success } from '../../../src/base/outcome.ts';
import { answerLogin } from '../../../src/engine/login/answer-login.ts';
import { confirm } from '../../../src/engine/enrollment/confirm.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { authenticate, type Caller } from '../../../src/engine/session/authenticate.ts';
import { endSession } from '../../../src/engine/session/list-sessions.ts';
import { stepUpLife } from '../../../src/engine/session/step-up.ts';
import { browseAuthenticators } from '../../../src/engine/directory/reach-user.ts';
import { insertAuthenticator } from '../../../src/store/authenticators.ts';
import { deleteUser } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house, inNextEpoch, type House } from '../../../kit/house.ts';
import { interrupted } from '../../../kit/interrupted.ts';

/** A pending enrolment and what its owner knows of it. */
async function begin({ ctx }: House, caller: Caller): Promise<{ id: string; seed: string }> {
  const { authenticator, offer } = got(await enroll(ctx, caller, { kind: 'totp', label: null, input: {} }));
  return { id: authenticator.id, seed: String(offer.secret) };
}

const end = ({ ctx }: House, caller: Caller, authenticatorId: string, response: unknown) =>
  confirm(ctx, caller, { authenticatorId, response });

onEachDatabase('a confirmation', (database) => {
  test('makes the factor count, raises its session, and ends the others', async () => {
    await using home = await house(database);
    const { name, password, token, caller } = await home.addPerson('ada');
    const [other, bob] = [await home.signIn(name, password), await home.addPerson('bob')];
    const { id, seed } = await begin(home, caller);
    home.clock.tick(60_000);
    got(await end(home, caller, id, home.codeFor(seed)));
    const raised = { ...inNextEpoch(caller), amr: ['pwd', 'otp', 'mfa'], secondFactorAt: home.clock.now() };
    assert.deepEqual(await home.caller(token), raised);
    assert.deepEqual(await authenticate(home.ctx, other), refuse('invalid_token'));
    assert.deepEqual(await home.caller(bob.token), bob.caller);
    assert.equal(got(await home.logIn(name, password)).state, 'challenge');
  });

  test('shows ten recovery codes when the user has none', async () => {
    await using home = await house(database);
    const { caller } = await home.addPerson('ada');
    const { id, seed } = await begin(home, caller);
    const { recoveryCodes } = got(await end(home, caller, id, home.codeFor(seed)));
    assert.equal(new Set(recoveryCodes).size, 10);
    for (const code of recoveryCodes) assert.match(code, /^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
  });

  test('of one more factor makes no more codes, and the old ones go on working', async () => {
    await using home = await house(database);
    const { name, password, token, codes } = await home.addProtected('ada');
    const caller = await home.caller(token);
    const { id, seed } = await begin(home, caller);
    assert.deepEqual(await end(home, caller, id, home.codeFor(seed)), success({ recoveryCodes: [] }));
    assert.ok(await home.enter(name, password, codes[0]));
  });

  test('of one more factor makes new codes when all the old ones are spent', async () => {
    await using home = await house(database);
    const { name, password, codes } = await home.addProtected('ada');
    const sessions: Caller[] = [];
    for (const code of codes) sessions.push(await home.enter(name, password, code));
    const last = sessions.at(-1) ?? assert.fail();
    const { codes: renewed } = await home.enrollTotp(last);
    assert.equal(renewed.length, 10);
    assert.ok(await home.enter(name, password, renewed[0]));
  });

  test('with a wrong code changes nothing and can be tried again', async () => {
    await using home = await house(database);
    const { name, password, user, token, caller } = await home.addPerson('ada');
    const { id, seed } = await begin(home, caller);
    assert.deepEqual(await end(home, caller, id, home.wrongCodeFor(seed)), refuse('wrong'));
    assert.deepEqual(await home.failures(user.id), { 'totp.enrollment': 1 });
    assert.deepEqual(await home.caller(token), caller);
    assert.equal(got(await home.logIn(name, password)).state, 'session');
    assert.equal((await end(home, caller, id, home.codeFor(seed))).ok, true);
    assert.deepEqual(await home.failures(user.id), {});
  });

  test('waits after five failures, over however many enrolments, and the right code waits too', async () => {
    await using home = await house(database);
    const { caller } = await home.addPerson('ada');
    for (let time = 0; time < 5; time += 1) {
      const { id, seed } = await begin(home, caller);
      assert.deepEqual(await end(home, caller, id, home.wrongCodeFor(seed)), refuse('wrong'));
    }
    const { id, seed } = await begin(home, caller);
    assert.deepEqual(await end(home, caller, id, home.codeFor(seed)), refuse('throttled', 30));
    home.clock.tick(30_000);
    assert.equal((await end(home, caller, id, home.codeFor(seed))).ok, true);
  });

  test('counts its failures apart from those of the factors that work', async () => {
    await using home = await house(database);
    const { name, password, user, caller, seed: working } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    await answerLogin(home.ctx, { challengeToken, response: home.wrongCodeFor(working) });
    const { id, seed } = await begin(home, caller);
    for (let time = 0; time < 5; time += 1) await end(home, caller, id, home.wrongCodeFor(seed));
    assert.deepEqual(await home.failures(user.id), { totp: 1, 'totp.enrollment': 5 });
    assert.ok(await home.enter(name, password, home.codeFor(working)));
    home.clock.tick(30_000);
    await answerLogin(home.ctx, {
      challengeToken: await home.challenge(name, password),
      response: home.wrongCodeFor(working),
    });
    assert.equal((await end(home, caller, id, home.codeFor(seed))).ok, true);
    assert.deepEqual(await home.failures(user.id), { totp: 1 });
  });

  test('spends its code: it opens no login', async () => {
    await using home = await house(database);
    const { name, password, caller } = await home.addPerson('ada');
    const { id, seed } = await begin(home, caller);
    const code = home.codeFor(seed);
    got(await end(home, caller, id, code));
    const challengeToken = await home.challenge(name, password);
    assert.deepEqual(await answerLogin(home.ctx, { challengeToken, response: code }), refuse('replayed'));
    home.clock.tick(30_000);
    assert.ok(await home.enter(name, password, home.codeFor(seed)));
  });

  test('is made once', async () => {
    await using home = await house(database);
    const { token, id, seed } = await home.addProtected('ada');
    assert.deepEqual(await end(home, await home.caller(token), id, home.codeFor(seed)), refuse('already_confirmed'));
  });

  test("of another user's enrolment, or of none, is not found", async () => {
    await using home = await house(database);
    const [ada, eve] = [await home.addPerson('ada'), await home.addPerson('eve')];
    const { id, seed } = await begin(home, ada.caller);
    assert.deepEqual(await end(home, eve.caller, id, home.codeFor(seed)), refuse('not_found'));
    assert.deepEqual(await end(home, ada.caller, 'nothing', home.codeFor(seed)), refuse('not_found'));
    assert.deepEqual(await home.failures(eve.user.id), {});
    assert.equal((await end(home, ada.caller, id, home.codeFor(seed))).ok, true);
  });

  test('with what can be no code is neither looked at nor counted', async () => {
    await using home = await house(database);
    const { user, caller } = await home.addPerson('ada');
    const { id, seed } = await begin(home, caller);
    for (const response of ['', '12345', [home.codeFor(seed)], null, 1.5, '0000-0000-0000-0000']) {
      assert.deepEqual(await end(home, caller, id, response), refuse('malformed_reply'));
    }
    assert.deepEqual(await home.failures(user.id), {});
  });

  test('is refused when the second factor was proven too long ago, and to programs', async () => {
    await using home = await house(database);
    const { token, caller } = await home.addProtected('ada');
    home.clock.tick(stepUpLife);
    const { id, seed } = await begin(home, await home.caller(token));
    const program = { ...caller, authModule: 'apikey' };
    assert.deepEqual(await end(home, program, id, home.codeFor(seed)), refuse('unattended'));
    home.clock.tick(1);
    assert.deepEqual(await end(home, await home.caller(token), id, home.codeFor(seed)), refuse('step_up_required'));
  });

  test('is refused when the user has as many as one may have', async () => {
    await using home = await house(database);
    const { user, token } = await home.addPerson('ada');
    for (let count = 0; count < 4; count += 1) await home.enrollTotp(await home.caller(token));
    const { id, seed } = await begin(home, await home.caller(token));
    const fifth = { id: 'fifth', userId: user.id, kind: 'totp', label: null, state: {}, status: 'active' as const };
    await insertAuthenticator(home.ctx.store, fifth, home.clock.now());
    assert.deepEqual(await end(home, await home.caller(token), id, home.codeFor(seed)), refuse('too_many'));
  });

  test('changes nothing when its session has ended meanwhile', async () => {
    await using home = await house(database);
    const { user, name, password, caller } = await home.addPerson('ada');
    const { id, seed } = await begin(home, caller);
    got(await endSession(home.ctx, caller, caller.id));
    assert.deepEqual(await end(home, caller, id, home.codeFor(seed)), refuse('raced'));
    const statuses = (await browseAuthenticators(home.ctx, user)).map(({ kind, status }) => `${kind} ${status}`);
    assert.deepEqual(statuses.toSorted(), ['password active', 'totp pending']);
    assert.ok(await home.enter(name, password));
  });

  test('changes nothing when the factors have changed through another session meanwhile', async () => {
    await using home = await house(database);
    const { name, password, user, caller } = await home.addPerson('ada');
    const { id, seed } = await begin(home, caller);
    const other = await home.enter(name, password);
    got(await enroll(home.ctx, other, { kind: 'apikey', label: null, input: {} }));
    assert.deepEqual(await end(home, caller, id, home.codeFor(seed)), refuse('raced'));
    const statuses = (await browseAuthenticators(home.ctx, user)).map(({ kind, status }) => `${kind} ${status}`);
    assert.deepEqual(statuses.toSorted(), ['apikey active', 'password active', 'totp pending']);
  });

  test('of an enrolment that another one replaces meanwhile changes nothing', async () => {
    await using home = await house(database);
    const { user, name, password, token, caller } = await home.addPerson('ada');
    const { id, seed } = await begin(home, caller);
    const ctx = interrupted(home.ctx, () => begin(home, caller));
    assert.deepEqual(await end({ ...home, ctx }, caller, id, home.codeFor(seed)), refuse('raced'));
    assert.deepEqual(await home.caller(token), caller);
    const statuses = (await browseAuthenticators(home.ctx, user)).map(({ kind, status }) => `${kind} ${status}`);
    assert.deepEqual(statuses.toSorted(), ['password active', 'totp pending']);
    assert.equal(got(await home.logIn(name, password)).state, 'session');
  });

  test('is refused to a user who is gone', async () => {
    await using home = await house(database);
    const { user, caller } = await home.addPerson('ada');
    const { id, seed } = await begin(home, caller);
    await deleteUser(home.ctx.store, user.id);
    assert.deepEqual(await end(home, caller, id, home.codeFor(seed)), refuse('not_found'));
  });

  test('of two that come at once over two nodes is made once', async () => {
    await using home = await house(database);
    const other = await home.node();
    const { caller } = await home.addPerson('ada');
    const { id, seed } = await begin(home, caller);
    const both = await Promise.all([home, other].map((node) => end(node, caller, id, home.codeFor(seed))));
    assert.equal(both.filter(({ ok }) => ok).length, 1);
  });

  test('is one line of the log, with the true reason', async () => {
    await using home = await house(database);
    const { user, caller } = await home.addPerson('ada');
    const { id, seed } = await begin(home, caller);
    const lines = await home.logged(async () => {
      await end(home, caller, id, home.wrongCodeFor(seed));
      home.clock.tick(1);
      await end(home, caller, id, home.codeFor(seed));
    });
    const line = { action: 'confirm', factor: 'totp', authModule: null, userId: user.id, sessionId: caller.id };
    assert.deepEqual(lines, [
      { ...line, outcome: 'failed', reason: 'wrong' },
      { ...line, outcome: 'success', reason: null },
    ]);
  });
});
