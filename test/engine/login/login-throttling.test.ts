import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { answerLogin } from '../../../src/engine/login/answer-login.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { atOnce, startEngine } from '../../../kit/test-engine.ts';
import { addKeys, guess, watched } from './login-help.ts';

onEachDatabase('a login', (database) => {
  test('waits after five failures, whatever is sent, and goes on when the wait is over', async () => {
    await using engine = await startEngine(database);
    const { user, password } = await engine.addPerson('ada');
    await guess(engine, 'ada', 5);
    assert.deepEqual(await engine.logIn('ada', 'a wrong guess'), refuse('throttled', 30));
    assert.deepEqual(await engine.logIn('ada', password), refuse('throttled', 30));
    engine.clock.tick(29_999);
    assert.deepEqual(await engine.logIn('ada', password), refuse('throttled', 1));
    engine.clock.tick(1);
    assert.equal((await engine.logIn('ada', password)).ok, true);
    assert.deepEqual(await engine.failures(user.id), {});
  });

  test('counts all spellings of one user together', async () => {
    await using engine = await startEngine(database);
    const { user, password } = await engine.addPerson('ada', { email: 'ada@example.org' });
    for (const name of ['ada', 'ADA', 'ａｄａ', user.id, 'Ada@Example.org']) await guess(engine, name, 1);
    assert.deepEqual(await engine.logIn('ada', password), refuse('throttled', 30));
    assert.deepEqual(await engine.failures(user.id), { password: 5 });
  });

  test('counts a name that nobody has just like one that somebody has', async () => {
    await using engine = await startEngine(database);
    for (const name of ['carl', 'CARL', 'ｃａｒｌ', 'Carl', 'carl']) await guess(engine, name, 1);
    assert.deepEqual(await engine.logIn('carl', 'a wrong guess'), refuse('throttled', 30));
    engine.clock.tick(30_000);
    assert.deepEqual(await engine.logIn('carl', 'a wrong guess'), refuse('unknown_user'));
    assert.deepEqual(await engine.logIn('carl', 'a wrong guess'), refuse('throttled', 60));
  });

  test('counts each name, and the same name in each account, apart', async () => {
    await using engine = await startEngine(database);
    const account = await engine.addAccount('branch');
    await engine.addPerson('ada', { account });
    await guess(engine, 'ada', 5);
    assert.deepEqual(await engine.logIn('carl', 'a wrong guess'), refuse('unknown_user'));
    assert.deepEqual(await engine.logIn('ada', 'a wrong guess', { account }), refuse('wrong'));
    assert.deepEqual(await engine.logIn('ada', 'a wrong guess', { account: 'nowhere' }), refuse('unknown_user'));
    assert.deepEqual(await engine.logIn('ada', 'a wrong guess'), refuse('throttled', 30));
  });

  test('keeps no name that nobody has, for it may be a password in the wrong field', async () => {
    await using engine = await startEngine(database);
    await guess(engine, 'hunter2 hunter2', 1);
    const { db } = engine.ctx.store;
    const kept = [
      await db.selectFrom('throttles').selectAll().execute(),
      await db.selectFrom('attempts').selectAll().execute(),
    ];
    assert.doesNotMatch(JSON.stringify(kept), /hunter2/);
  });

  test('lets a program with its API key in while strangers guess at the password, and does not lengthen their wait', async () => {
    await using engine = await startEngine(database);
    const ada = await engine.addPerson('ada');
    const { apikey } = await addKeys(engine, ada);
    await guess(engine, 'ada', 5);
    engine.clock.tick(20_000);
    for (let time = 0; time < 7; time += 1) assert.equal((await engine.enter('ada', apikey)).authModule, 'apikey');
    assert.deepEqual(await engine.failures(ada.user.id), { password: 5 });
    engine.clock.tick(10_000);
    assert.equal((await engine.logIn('ada', ada.password)).ok, true);
  });

  test('counts a wrong API key and a wrong device secret as guesses at the password', async () => {
    await using engine = await startEngine(database);
    const ada = await engine.addPerson('ada');
    const { device } = await addKeys(engine, ada);
    assert.deepEqual(await engine.logIn('ada', `csk_${'A'.repeat(43)}`), refuse('wrong'));
    assert.deepEqual(await engine.logIn('ada', 'not the secret of a device'), refuse('wrong'));
    assert.deepEqual(await engine.failures(ada.user.id), { password: 2 });
    await guess(engine, 'ada', 3);
    assert.deepEqual(await engine.logIn('ada', device), refuse('throttled', 30));
  });

  test('with a device secret gives its try back and leaves the failures of the password as they were', async () => {
    await using engine = await startEngine(database);
    const ada = await engine.addPerson('ada');
    const { device } = await addKeys(engine, ada);
    await guess(engine, 'ada', 4);
    await engine.enter('ada', device);
    await engine.enter('ada', device);
    assert.deepEqual(await engine.failures(ada.user.id), { password: 4 });
  });

  test('with the right password forgets the failures of the password and of nothing else', async () => {
    await using engine = await startEngine(database);
    const { user, password, seed } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge('ada', password);
    for (let time = 0; time < 4; time += 1) {
      const wrong = await answerLogin(engine.ctx, { challengeToken, response: engine.wrongCodeFor(seed) });
      assert.deepEqual(wrong, refuse('wrong'));
      await guess(engine, 'ada', 1);
    }
    assert.deepEqual(await engine.failures(user.id), { totp: 4, password: 4 });
    await engine.challenge('ada', password);
    assert.deepEqual(await engine.failures(user.id), { totp: 4 });
  });

  test('of sixteen honest ones at once on one node lets all in', async () => {
    await using engine = await startEngine(database);
    const { user, name, password } = await engine.addPerson('ada');
    const outcomes = await atOnce(16, (at) => engine.logIn(at % 2 === 0 ? name : user.id, password));
    assert.ok(outcomes.every(({ ok }) => ok));
  });

  test('leaves the try unspent when a fault stops it', async () => {
    const hasher = watched();
    await using engine = await startEngine(database, { hasher });
    const { user, name, password } = await engine.addPerson('ada');
    await guess(engine, name, 1);
    hasher.meanwhile = () => Promise.reject(new Error('broken'));
    await assert.rejects(engine.logIn(name, password), new Error('broken'));
    assert.deepEqual(await engine.failures(user.id), { password: 1 });
  });
});
