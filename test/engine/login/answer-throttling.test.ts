import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine, type TestEngine } from '../../../kit/test-engine.ts';
import { response } from './answer-help.ts';

async function miss(engine: TestEngine, challengeToken: string, code: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1)
    assert.deepEqual(await response(engine, challengeToken, code), refuse('wrong'));
}

onEachDatabase('an answer', (database) => {
  test('that is wrong leaves the challenge open', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, seed } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge(name, password);
    await miss(engine, challengeToken, engine.wrongCodeFor(seed), 2);
    assert.deepEqual(await engine.failures(user.id), { totp: 2 });
    assert.equal((await response(engine, challengeToken, engine.codeFor(seed))).ok, true);
    assert.deepEqual(await engine.failures(user.id), {});
  });

  test('that can be no code is neither looked at nor counted', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, seed } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge(name, password);
    const code = engine.codeFor(seed);
    for (const text of [
      '',
      '12345',
      `${code}\n`,
      [code],
      { code },
      null,
      undefined,
      true,
      -1,
      1.5,
      `0x${code}`,
      'x'.repeat(16),
    ]) {
      const malformed = await response(engine, challengeToken, text);
      assert.deepEqual(malformed, text === 'x'.repeat(16) ? refuse('wrong') : refuse('malformed_reply'));
    }
    assert.deepEqual(await engine.failures(user.id), { recovery: 1 });
  });

  test('to a challenge that nobody knows is refused and counted on nobody', async () => {
    await using engine = await startEngine(database);
    const { user, token, seed } = await engine.addProtected('ada');
    for (const challengeToken of ['', 'unknown', token, user.id]) {
      assert.deepEqual(await response(engine, challengeToken, engine.codeFor(seed)), refuse('invalid_challenge'));
    }
    assert.deepEqual(await engine.failures(user.id), {});
  });

  test('waits after five failures over whatever challenges, and the right code waits too', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, seed } = await engine.addProtected('ada');
    for (let time = 0; time < 5; time += 1)
      await miss(engine, await engine.challenge(name, password), engine.wrongCodeFor(seed), 1);
    const challengeToken = await engine.challenge(name, password);
    assert.deepEqual(await response(engine, challengeToken, engine.codeFor(seed)), refuse('throttled', 30));
    engine.clock.tick(29_999);
    assert.deepEqual(await response(engine, challengeToken, engine.codeFor(seed)), refuse('throttled', 1));
    engine.clock.tick(1);
    assert.equal((await response(engine, challengeToken, engine.codeFor(seed))).ok, true);
    assert.deepEqual(await engine.failures(user.id), {});
  });

  test('counts each kind of factor apart', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, seed, codes } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge(name, password);
    await miss(engine, challengeToken, engine.wrongCodeFor(seed), 5);
    await miss(engine, challengeToken, '0000-0000-0000-0000', 2);
    assert.equal((await response(engine, challengeToken, codes[0])).ok, true);
    assert.deepEqual(await engine.failures(user.id), { totp: 5 });
  });

  test('leaves the failures of the password as they are', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, seed } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge(name, password);
    for (let time = 0; time < 3; time += 1) await engine.logIn(name, 'a wrong guess');
    unwrap(await response(engine, challengeToken, engine.codeFor(seed)));
    assert.deepEqual(await engine.failures(user.id), { password: 3 });
  });

  test('of somebody who has no recovery codes is refused like a wrong one, and counts against nobody', async () => {
    await using engine = await startEngine(database);
    const { user, name, password } = await engine.addProtected('ada');
    await engine.ctx.store.db.deleteFrom('authenticators').where('kind', '=', 'recovery').execute();
    assert.deepEqual(
      await response(engine, await engine.challenge(name, password), '0000-0000-0000-0000'),
      refuse('no_authenticator'),
    );
    assert.deepEqual(await engine.failures(user.id), {});
  });
});
