import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { answerLogin } from '../../../src/engine/login/answer-login.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { renewRecoveryCodes } from '../../../src/engine/enrollment/recovery-codes.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { stepUpLife } from '../../../src/engine/session/step-up.ts';
import { deleteUser } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house } from '../../../kit/house.ts';

onEachDatabase('renewed recovery codes', (database) => {
  test('take the place of the old ones, spent or not', async () => {
    await using home = await house(database);
    const { name, password, codes, caller } = await home.addProtected('ada');
    await home.signIn(name, password, codes[0]);
    const renewed = got(await renewRecoveryCodes(home.ctx, caller));
    assert.equal(new Set([...renewed, ...codes]).size, 20);
    for (const [code, ok] of [
      [codes[1], false],
      [renewed[0], true],
      [renewed[0], false],
      [renewed[9], true],
    ] as const) {
      const challengeToken = await home.challenge(name, password);
      assert.equal((await answerLogin(home.ctx, { challengeToken, response: code })).ok, ok);
    }
  });

  test('are for those who have a second factor', async () => {
    await using home = await house(database);
    const { caller } = await home.addPerson('ada');
    assert.deepEqual(await renewRecoveryCodes(home.ctx, caller), refuse('mfa_not_enabled'));
  });

  test('need the proof of it, and are not for programs', async () => {
    await using home = await house(database);
    const { name, token, caller } = await home.addProtected('ada');
    const { offer } = got(await enroll(home.ctx, caller, { kind: 'apikey', label: null, input: {} }));
    const program = await home.enter(name, String(offer.secret));
    assert.deepEqual(await renewRecoveryCodes(home.ctx, program), refuse('step_up_required'));
    home.clock.tick(stepUpLife + 1);
    assert.deepEqual(await renewRecoveryCodes(home.ctx, await home.caller(token)), refuse('step_up_required'));
  });

  test('end the other sessions and keep the one they came through', async () => {
    await using home = await house(database);
    const { name, password, token, seed, caller } = await home.addProtected('ada');
    const other = await home.signIn(name, password, home.codeFor(seed));
    got(await renewRecoveryCodes(home.ctx, caller));
    assert.deepEqual(await authenticate(home.ctx, other), refuse('invalid_token'));
    assert.ok(await home.caller(token));
  });

  test('are one set, however often they are asked for at once', async () => {
    await using home = await house(database);
    const other = await home.node();
    const { name, password, caller } = await home.addProtected('ada');
    const both = await Promise.all([home, other].map(({ ctx }) => renewRecoveryCodes(ctx, caller)));
    const renewed = both.flatMap((outcome) => (outcome.ok ? [outcome.value] : []));
    assert.ok(renewed.length > 0);
    const works: boolean[] = [];
    for (const [code] of renewed) {
      works.push(
        (await answerLogin(home.ctx, { challengeToken: await home.challenge(name, password), response: code })).ok,
      );
    }
    assert.equal(works.filter(Boolean).length, 1);
  });

  test('are not made for a user who is gone', async () => {
    await using home = await house(database);
    const { user, caller } = await home.addProtected('ada');
    await deleteUser(home.ctx.store, user.id);
    assert.equal((await renewRecoveryCodes(home.ctx, caller)).ok, false);
  });

  test('are one line of the log', async () => {
    await using home = await house(database);
    const { user, caller } = await home.addProtected('ada');
    const lines = await home.logged(() => renewRecoveryCodes(home.ctx, caller));
    const line = { action: 'renew', factor: 'recovery', outcome: 'success', reason: null };
    assert.deepEqual(lines, [{ ...line, userId: user.id, authModule: null, sessionId: caller.id }]);
  });
});
