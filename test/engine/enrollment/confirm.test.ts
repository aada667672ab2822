import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { answerLogin } from '../../../src/engine/login/answer-login.ts';
import { confirm } from '../../../src/engine/enrollment/confirm.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { authenticate, type Caller } from '../../../src/engine/session/authenticate.ts';
import { endSession } from '../../../src/engine/session/list-sessions.ts';
import { stepUpLife } from '../../../src/engine/proof/fresh-proof.ts';
import { browseAuthenticators } from '../../../src/engine/directory/reach-user.ts';
import { insertAuthenticator } from '../../../src/store/authenticators.ts';
import { deleteUser } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine, inNextEpoch, type TestEngine } from '../../../kit/test-engine.ts';
import { interrupted } from '../../../kit/interrupted.ts';

/** A pending enrolment and what its owner knows of it. */
async function begin({ ctx }: TestEngine, caller: Caller): Promise<{ id: string; seed: string }> {
  const { authenticator, offer } = unwrap(await enroll(ctx, caller, { kind: 'totp', label: null, input: {} }));
  return { id: authenticator.id, seed: String(offer.secret) };
}

const end = ({ ctx }: TestEngine, caller: Caller, authenticatorId: string, response: unknown) =>
  confirm(ctx, caller, { authenticatorId, response });

onEachDatabase('a confirmation', (database) => {
  test('makes the factor count, raises its session, and ends the others', async () => {
    await using engine = await startEngine(database);
    const { name, password, token, caller } = await engine.addPerson('ada');
    const [other, bob] = [await engine.signIn(name, password), await engine.addPerson('bob')];
    const { id, seed } = await begin(engine, caller);
    engine.clock.tick(60_000);
    const { token: next = '' } = unwrap(await end(engine, caller, id, engine.codeFor(seed)));
    const proven = { generation: 2, amr: ['pwd', 'otp', 'mfa'], secondFactorAt: engine.clock.now() };
    const { tokenId, ...raised } = await engine.caller(next);
    const { tokenId: before, ...session } = inNextEpoch(caller);
    assert.deepEqual(raised, { ...session, ...proven, secondKinds: ['totp'] });
    assert.notEqual(tokenId, before);
    const earlier = await engine.caller(token);
    assert.deepEqual([earlier.generation, earlier.amr, earlier.secondFactorAt], [1, ['pwd'], null]);
    assert.deepEqual(await authenticate(engine.ctx, other), refuse('invalid_token'));
    assert.deepEqual(await engine.caller(bob.token), bob.caller);
    assert.equal(unwrap(await engine.logIn(name, password)).state, 'challenge');
  });

  test('shows ten recovery codes when the user has none', async () => {
    await using engine = await startEngine(database);
    const { caller } = await engine.addPerson('ada');
    const { id, seed } = await begin(engine, caller);
    const { recoveryCodes } = unwrap(await end(engine, caller, id, engine.codeFor(seed)));
    assert.equal(new Set(recoveryCodes).size, 10);
    for (const code of recoveryCodes) assert.match(code, /^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
  });

  test('of one more factor makes no more codes, and the old ones go on working', async () => {
    await using engine = await startEngine(database);
    const { name, password, token, codes } = await engine.addProtected('ada');
    const caller = await engine.caller(token);
    const { id, seed } = await begin(engine, caller);
    assert.deepEqual(unwrap(await end(engine, caller, id, engine.codeFor(seed))).recoveryCodes, []);
    assert.ok(await engine.enter(name, password, codes[0]));
  });

  test('of one more factor makes new codes when all the old ones are spent', async () => {
    await using engine = await startEngine(database);
    const { name, password, codes } = await engine.addProtected('ada');
    const sessions: Caller[] = [];
    for (const code of codes) sessions.push(await engine.enter(name, password, code));
    const last = sessions.at(-1) ?? assert.fail();
    const { codes: renewed } = await engine.enrollTotp(last);
    assert.equal(renewed.length, 10);
    assert.ok(await engine.enter(name, password, renewed[0]));
  });

  test('with a wrong code changes nothing and can be tried again', async () => {
    await using engine = await startEngine(database);
    const { name, password, user, token, caller } = await engine.addPerson('ada');
    const { id, seed } = await begin(engine, caller);
    assert.deepEqual(await end(engine, caller, id, engine.wrongCodeFor(seed)), refuse('wrong'));
    assert.deepEqual(await engine.failures(user.id), { 'totp.enrollment': 1 });
    assert.deepEqual(await engine.caller(token), caller);
    assert.equal(unwrap(await engine.logIn(name, password)).state, 'session');
    assert.equal((await end(engine, caller, id, engine.codeFor(seed))).ok, true);
    assert.deepEqual(await engine.failures(user.id), {});
  });

  test('waits after five failures, over however many enrolments, and the right code waits too', async () => {
    await using engine = await startEngine(database);
    const { caller } = await engine.addPerson('ada');
    for (let time = 0; time < 5; time += 1) {
      const { id, seed } = await begin(engine, caller);
      assert.deepEqual(await end(engine, caller, id, engine.wrongCodeFor(seed)), refuse('wrong'));
    }
    const { id, seed } = await begin(engine, caller);
    assert.deepEqual(await end(engine, caller, id, engine.codeFor(seed)), refuse('throttled', 30));
    engine.clock.tick(30_000);
    assert.equal((await end(engine, caller, id, engine.codeFor(seed))).ok, true);
  });

  test('counts its failures apart from those of the factors that work', async () => {
    await using engine = await startEngine(database);
    const { name, password, user, caller, seed: working } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge(name, password);
    await answerLogin(engine.ctx, { challengeToken, response: engine.wrongCodeFor(working) });
    const { id, seed } = await begin(engine, caller);
    for (let time = 0; time < 5; time += 1) await end(engine, caller, id, engine.wrongCodeFor(seed));
    assert.deepEqual(await engine.failures(user.id), { totp: 1, 'totp.enrollment': 5 });
    assert.ok(await engine.enter(name, password, engine.codeFor(working)));
    engine.clock.tick(30_000);
    await answerLogin(engine.ctx, {
      challengeToken: await engine.challenge(name, password),
      response: engine.wrongCodeFor(working),
    });
    assert.equal((await end(engine, caller, id, engine.codeFor(seed))).ok, true);
    assert.deepEqual(await engine.failures(user.id), { totp: 1 });
  });

  test('spends its code: it opens no login', async () => {
    await using engine = await startEngine(database);
    const { name, password, caller } = await engine.addPerson('ada');
    const { id, seed } = await begin(engine, caller);
    const code = engine.codeFor(seed);
    unwrap(await end(engine, caller, id, code));
    const challengeToken = await engine.challenge(name, password);
    assert.deepEqual(await answerLogin(engine.ctx, { challengeToken, response: code }), refuse('replayed'));
    engine.clock.tick(30_000);
    assert.ok(await engine.enter(name, password, engine.codeFor(seed)));
  });

  test('is made once', async () => {
    await using engine = await startEngine(database);
    const { token, id, seed } = await engine.addProtected('ada');
    assert.deepEqual(
      await end(engine, await engine.caller(token), id, engine.codeFor(seed)),
      refuse('already_confirmed'),
    );
  });

  test("of another user's enrolment, or of none, is not found", async () => {
    await using engine = await startEngine(database);
    const [ada, eve] = [await engine.addPerson('ada'), await engine.addPerson('eve')];
    const { id, seed } = await begin(engine, ada.caller);
    assert.deepEqual(await end(engine, eve.caller, id, engine.codeFor(seed)), refuse('not_found'));
    assert.deepEqual(await end(engine, ada.caller, 'nothing', engine.codeFor(seed)), refuse('not_found'));
    assert.deepEqual(await engine.failures(eve.user.id), {});
    assert.equal((await end(engine, ada.caller, id, engine.codeFor(seed))).ok, true);
  });

  test('with what can be no code is neither looked at nor counted', async () => {
    await using engine = await startEngine(database);
    const { user, caller } = await engine.addPerson('ada');
    const { id, seed } = await begin(engine, caller);
    for (const response of ['', '12345', [engine.codeFor(seed)], null, 1.5, '0000-0000-0000-0000']) {
      assert.deepEqual(await end(engine, caller, id, response), refuse('malformed_reply'));
    }
    assert.deepEqual(await engine.failures(user.id), {});
  });

  test('is refused when the second factor was proven too long ago, and to programs', async () => {
    await using engine = await startEngine(database);
    const { token, caller } = await engine.addProtected('ada');
    engine.clock.tick(stepUpLife);
    const { id, seed } = await begin(engine, await engine.caller(token));
    const program = { ...caller, authModule: 'apikey' };
    assert.deepEqual(await end(engine, program, id, engine.codeFor(seed)), refuse('unattended'));
    engine.clock.tick(1);
    assert.deepEqual(
      await end(engine, await engine.caller(token), id, engine.codeFor(seed)),
      refuse('step_up_required'),
    );
  });

  test('is refused when the user has as many as one may have', async () => {
    await using engine = await startEngine(database);
    const { user, token: first } = await engine.addPerson('ada');
    let token = first;
    for (let count = 0; count < 4; count += 1) ({ token } = await engine.enrollTotp(await engine.caller(token)));
    const { id, seed } = await begin(engine, await engine.caller(token));
    const fifth = { id: 'fifth', userId: user.id, kind: 'totp', label: null, state: {}, status: 'active' as const };
    await insertAuthenticator(engine.ctx.store, fifth, engine.clock.now());
    assert.deepEqual(await end(engine, await engine.caller(token), id, engine.codeFor(seed)), refuse('too_many'));
  });

  test('changes nothing when its session has ended meanwhile', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, caller } = await engine.addPerson('ada');
    const { id, seed } = await begin(engine, caller);
    unwrap(await endSession(engine.ctx, caller, caller.id));
    assert.deepEqual(await end(engine, caller, id, engine.codeFor(seed)), refuse('raced'));
    const statuses = (await browseAuthenticators(engine.ctx, user)).map(({ kind, status }) => `${kind} ${status}`);
    assert.deepEqual(statuses.toSorted(), ['password active', 'totp pending']);
    assert.ok(await engine.enter(name, password));
  });

  test('changes nothing when the factors have changed through another session meanwhile', async () => {
    await using engine = await startEngine(database);
    const { name, password, user, caller } = await engine.addPerson('ada');
    const { id, seed } = await begin(engine, caller);
    const other = await engine.enter(name, password);
    unwrap(await enroll(engine.ctx, other, { kind: 'apikey', label: null, input: {} }));
    assert.deepEqual(await end(engine, caller, id, engine.codeFor(seed)), refuse('raced'));
    const statuses = (await browseAuthenticators(engine.ctx, user)).map(({ kind, status }) => `${kind} ${status}`);
    assert.deepEqual(statuses.toSorted(), ['apikey active', 'password active', 'totp pending']);
  });

  test('of an enrolment that another one replaces meanwhile changes nothing', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, token, caller } = await engine.addPerson('ada');
    const { id, seed } = await begin(engine, caller);
    const ctx = interrupted(engine.ctx, () => begin(engine, caller));
    assert.deepEqual(await end({ ...engine, ctx }, caller, id, engine.codeFor(seed)), refuse('raced'));
    assert.deepEqual(await engine.caller(token), caller);
    const statuses = (await browseAuthenticators(engine.ctx, user)).map(({ kind, status }) => `${kind} ${status}`);
    assert.deepEqual(statuses.toSorted(), ['password active', 'totp pending']);
    assert.equal(unwrap(await engine.logIn(name, password)).state, 'session');
  });

  test('is refused to a user who is gone', async () => {
    await using engine = await startEngine(database);
    const { user, caller } = await engine.addPerson('ada');
    const { id, seed } = await begin(engine, caller);
    await deleteUser(engine.ctx.store, user.id);
    assert.deepEqual(await end(engine, caller, id, engine.codeFor(seed)), refuse('not_found'));
  });

  test('of two that come at once over two nodes is made once', async () => {
    await using engine = await startEngine(database);
    const other = await engine.node();
    const { caller } = await engine.addPerson('ada');
    const { id, seed } = await begin(engine, caller);
    const both = await Promise.all([engine, other].map((node) => end(node, caller, id, engine.codeFor(seed))));
    assert.equal(both.filter(({ ok }) => ok).length, 1);
  });

  test('is one line of the log, with the true reason', async () => {
    await using engine = await startEngine(database);
    const { user, caller } = await engine.addPerson('ada');
    const { id, seed } = await begin(engine, caller);
    const lines = await engine.logged(async () => {
      await end(engine, caller, id, engine.wrongCodeFor(seed));
      engine.clock.tick(1);
      await end(engine, caller, id, engine.codeFor(seed));
    });
    const line = { action: 'confirm', factor: 'totp', authModule: null, userId: user.id, sessionId: caller.id };
    assert.deepEqual(lines, [
      { ...line, outcome: 'failed', reason: 'wrong' },
      { ...line, outcome: 'success', reason: null },
    ]);
  });
});
