import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { answerLogin } from '../../../src/engine/login/answer-login.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { renewRecoveryCodes } from '../../../src/engine/enrollment/recovery-codes.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { stepUpLife } from '../../../src/engine/proof/fresh-proof.ts';
import { deleteUser } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine } from '../../../kit/test-engine.ts';

onEachDatabase('renewed recovery codes', (database) => {
  test('take the place of the old ones, spent or not', async () => {
    await using engine = await startEngine(database);
    const { name, password, codes, caller } = await engine.addProtected('ada');
    await engine.signIn(name, password, codes[0]);
    const { codes: renewed } = unwrap(await renewRecoveryCodes(engine.ctx, caller));
    assert.equal(new Set([...renewed, ...codes]).size, 20);
    for (const [code, ok] of [
      [codes[1], false],
      [renewed[0], true],
      [renewed[0], false],
      [renewed[9], true],
    ] as const) {
      const challengeToken = await engine.challenge(name, password);
      assert.equal((await answerLogin(engine.ctx, { challengeToken, response: code })).ok, ok);
    }
  });

  test('are for those who have a second factor', async () => {
    await using engine = await startEngine(database);
    const { caller } = await engine.addPerson('ada');
    assert.deepEqual(await renewRecoveryCodes(engine.ctx, caller), refuse('mfa_not_enabled'));
  });

  test('need the proof of it, and are not for programs', async () => {
    await using engine = await startEngine(database);
    const { name, token, caller } = await engine.addProtected('ada');
    const { offer } = unwrap(await enroll(engine.ctx, caller, { kind: 'apikey', label: null, input: {} }));
    const program = await engine.enter(name, String(offer.secret));
    assert.deepEqual(await renewRecoveryCodes(engine.ctx, program), refuse('unattended'));
    engine.clock.tick(stepUpLife + 1);
    assert.deepEqual(await renewRecoveryCodes(engine.ctx, await engine.caller(token)), refuse('step_up_required'));
  });

  test('end the other sessions and keep the one they came through', async () => {
    await using engine = await startEngine(database);
    const { name, password, token, seed, caller } = await engine.addProtected('ada');
    const other = await engine.signIn(name, password, engine.codeFor(seed));
    unwrap(await renewRecoveryCodes(engine.ctx, caller));
    assert.deepEqual(await authenticate(engine.ctx, other), refuse('invalid_token'));
    assert.ok(await engine.caller(token));
  });

  test('are one set, however often they are asked for at once', async () => {
    await using engine = await startEngine(database);
    const other = await engine.node();
    const { name, password, caller } = await engine.addProtected('ada');
    const both = await Promise.all([engine, other].map(({ ctx }) => renewRecoveryCodes(ctx, caller)));
    const renewed = both.flatMap((outcome) => (outcome.ok ? [outcome.value.codes] : []));
    assert.ok(renewed.length > 0);
    const works: boolean[] = [];
    for (const [code] of renewed) {
      works.push(
        (await answerLogin(engine.ctx, { challengeToken: await engine.challenge(name, password), response: code })).ok,
      );
    }
    assert.equal(works.filter(Boolean).length, 1);
  });

  test('are not made for a user who is gone', async () => {
    await using engine = await startEngine(database);
    const { user, caller } = await engine.addProtected('ada');
    await deleteUser(engine.ctx.store, user.id);
    assert.equal((await renewRecoveryCodes(engine.ctx, caller)).ok, false);
  });

  test('are one line of the log', async () => {
    await using engine = await startEngine(database);
    const { user, caller } = await engine.addProtected('ada');
    const lines = await engine.logged(() => renewRecoveryCodes(engine.ctx, caller));
    const line = { action: 'renew', factor: 'recovery', outcome: 'success', reason: null };
    assert.deepEqual(lines, [{ ...line, userId: user.id, authModule: null, sessionId: caller.id }]);
  });
});
