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
import { unwrap, startEngine } from '../../../kit/test-engine.ts';

onEachDatabase('a sweep', (database) => {
  test('forgets what has been over for an hour: challenges, enrolments, sessions', async () => {
    await using engine = await startEngine(database);
    const { name, password } = await engine.addProtected('ada');
    const { caller } = await engine.addPerson('bob');
    unwrap(await enroll(engine.ctx, caller, { kind: 'totp', label: null, input: {} }));
    await engine.challenge(name, password);
    assert.equal(await deleteExpired(engine.ctx), 0);
    engine.clock.tick(3 * minute + hour - 1);
    assert.equal(await deleteExpired(engine.ctx), 0);
    engine.clock.tick(1);
    assert.equal(await deleteExpired(engine.ctx), 1);
    engine.clock.tick(7 * minute);
    assert.equal(await deleteExpired(engine.ctx), 1);
    engine.clock.tick(50 * minute - 1);
    assert.equal(await deleteExpired(engine.ctx), 0);
    engine.clock.tick(1);
    assert.equal(await deleteExpired(engine.ctx), 2);
    assert.equal(await deleteExpired(engine.ctx), 0);
  });

  test('forgets failures of names that nobody has after thirty days, and those of users never', async () => {
    await using engine = await startEngine(database);
    const { user, name } = await engine.addPerson('ada');
    for (const login of [name, 'nobody']) await engine.logIn(login, 'a wrong guess');
    engine.clock.tick(30 * day - 1);
    await deleteExpired(engine.ctx);
    assert.equal((await engine.ctx.store.db.selectFrom('throttles').select('kind').execute()).length, 2);
    engine.clock.tick(1);
    assert.equal(await deleteExpired(engine.ctx), 1);
    engine.clock.tick(3650 * day);
    assert.equal(await deleteExpired(engine.ctx), 0);
    assert.deepEqual(await engine.failures(user.id), { password: 1 });
  });

  test('forgets what was sent after two days, and replies of providers an hour after they ran out', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    const now = engine.clock.now();
    const limit = { every: minute, most: 1 };
    assert.equal((await claimSend(store, 'a number', limit, now)).ok, true);
    await spendReply(store, { providerId: 'duo', id: 'reply', until: now });
    engine.clock.tick(hour - 1);
    assert.equal(await deleteExpired(engine.ctx), 0);
    engine.clock.tick(1);
    assert.equal(await deleteExpired(engine.ctx), 1);
    assert.equal(await spendReply(store, { providerId: 'duo', id: 'reply', until: now }), true);
    engine.clock.set(now + 2 * day - 1);
    await deleteExpired(engine.ctx);
    assert.equal((await store.db.selectFrom('sends').select('last_at').execute()).length, 1);
    engine.clock.tick(1);
    assert.equal(await deleteExpired(engine.ctx), 1);
  });

  test('leaves spent codes spent and the log as it is', async () => {
    await using engine = await startEngine(database);
    const { name, password, seed, codes } = await engine.addProtected('ada');
    const code = engine.codeFor(seed);
    await engine.signIn(name, password, code);
    await engine.signIn(name, password, codes[0]);
    const lines = (await engine.ctx.store.db.selectFrom('attempts').select('id').execute()).length;
    const start = engine.clock.now();
    engine.clock.tick(100 * day);
    await deleteExpired(engine.ctx);
    assert.equal((await engine.ctx.store.db.selectFrom('attempts').select('id').execute()).length, lines);
    engine.clock.set(start);
    for (const [response, reason] of [
      [code, 'replayed'],
      [codes[0], 'wrong'],
    ] as const) {
      const challengeToken = await engine.challenge(name, password);
      assert.deepEqual(await answerLogin(engine.ctx, { challengeToken, response }), refuse(reason));
    }
  });
});
