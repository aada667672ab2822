import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, hour, minute } from '../../../src/base/clock.ts';
import { refuse } from '../../../src/base/outcome.ts';
import { answerLogin } from '../../../src/engine/login/answer-login.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { deleteExpired } from '../../../src/engine/upkeep/delete-expired.ts';
import { claimSend } from '../../../src/store/sends.ts';
import { spendReply } from '../../../src/store/spent-replies.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house } from '../../../kit/house.ts';

onEachDatabase('a sweep', (database) => {
  test('forgets what has been over for an hour: challenges, enrolments, sessions', async () => {
    await using home = await house(database);
    const { name, password } = await home.addProtected('ada');
    const { caller } = await home.addPerson('bob');
    got(await enroll(home.ctx, caller, { kind: 'totp', label: null, input: {} }));
    await home.challenge(name, password);
    assert.equal(await deleteExpired(home.ctx), 0);
    home.clock.tick(3 * minute + hour - 1);
    assert.equal(await deleteExpired(home.ctx), 0);
    home.clock.tick(1);
    assert.equal(await deleteExpired(home.ctx), 1);
    home.clock.tick(7 * minute);
    assert.equal(await deleteExpired(home.ctx), 1);
    home.clock.tick(50 * minute - 1);
    assert.equal(await deleteExpired(home.ctx), 0);
    home.clock.tick(1);
    assert.equal(await deleteExpired(home.ctx), 2);
    assert.equal(await deleteExpired(home.ctx), 0);
  });

  test('forgets failures of names that nobody has after thirty days, and those of users never', async () => {
    await using home = await house(database);
    const { user, name } = await home.addPerson('ada');
    for (const login of [name, 'nobody']) await home.logIn(login, 'a wrong guess');
    home.clock.tick(30 * day - 1);
    await deleteExpired(home.ctx);
    assert.equal((await home.ctx.store.db.selectFrom('throttles').select('kind').execute()).length, 2);
    home.clock.tick(1);
    assert.equal(await deleteExpired(home.ctx), 1);
    home.clock.tick(3650 * day);
    assert.equal(await deleteExpired(home.ctx), 0);
    assert.deepEqual(await home.failures(user.id), { password: 1 });
  });

  test('forgets what was sent after two days, and replies of providers an hour after they ran out', async () => {
    await using home = await house(database);
    const { store } = home.ctx;
    const now = home.clock.now();
    const limit = { every: minute, most: 1 };
    assert.equal((await claimSend(store, 'a number', limit, now)).ok, true);
    await spendReply(store, { providerId: 'duo', id: 'reply', until: now });
    home.clock.tick(hour - 1);
    assert.equal(await deleteExpired(home.ctx), 0);
    home.clock.tick(1);
    assert.equal(await deleteExpired(home.ctx), 1);
    assert.equal(await spendReply(store, { providerId: 'duo', id: 'reply', until: now }), true);
    home.clock.set(now + 2 * day - 1);
    await deleteExpired(home.ctx);
    assert.equal((await store.db.selectFrom('sends').select('last_at').execute()).length, 1);
    home.clock.tick(1);
    assert.equal(await deleteExpired(home.ctx), 1);
  });

  test('leaves spent codes spent and the log as it is', async () => {
    await using home = await house(database);
    const { name, password, seed, codes } = await home.addProtected('ada');
    const code = home.codeFor(seed);
    await home.signIn(name, password, code);
    await home.signIn(name, password, codes[0]);
    const lines = (await home.ctx.store.db.selectFrom('attempts').select('id').execute()).length;
    const start = home.clock.now();
    home.clock.tick(100 * day);
    await deleteExpired(home.ctx);
    assert.equal((await home.ctx.store.db.selectFrom('attempts').select('id').execute()).length, lines);
    home.clock.set(start);
    for (const [response, reason] of [
      [code, 'replayed'],
      [codes[0], 'wrong'],
    ] as const) {
      const challengeToken = await home.challenge(name, password);
      assert.deepEqual(await answerLogin(home.ctx, { challengeToken, response }), refuse(reason));
    }
  });
});
