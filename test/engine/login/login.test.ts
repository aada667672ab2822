import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHasher } from '../../../src/base/hasher.ts';
import { refuse } from '../../../src/base/outcome.ts';
import { setPassword } from '../../../src/engine/enrollment/set-password.ts';
import { listForLogin } from '../../../src/store/login-authenticators.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { cheapCost } from '../../../kit/hasher.ts';
import { unwrap, startEngine } from '../../../kit/test-engine.ts';
import { addKeys, guess, watched } from './login-help.ts';

onEachDatabase('a login', (database) => {
  test('opens a session with a password, whether the user is named by name, id or address, in any case', async () => {
    await using engine = await startEngine(database);
    const { user, password } = await engine.addPerson('Ada', { email: 'ada@example.org' });
    for (const name of ['Ada', 'ADA', 'ａｄａ', user.id, 'ada@example.org', 'ADA@EXAMPLE.ORG']) {
      const caller = await engine.enter(name, password);
      assert.equal(caller.userId, user.id);
      assert.deepEqual(caller.amr, ['pwd']);
      assert.equal(caller.authModule, 'password');
      assert.equal(caller.secondFactorAt, null);
    }
  });

  test('goes to the account that is named, by id or by name', async () => {
    await using engine = await startEngine(database);
    const account = await engine.addAccount('Branch');
    const { name, password } = await engine.addPerson('ada', { account });
    for (const named of [account, 'branch'])
      assert.equal((await engine.logIn(name, password, { account: named })).ok, true);
    assert.deepEqual(await engine.logIn(name, password), refuse('unknown_user'));
    assert.deepEqual(await engine.logIn(name, password, { account: 'root' }), refuse('unknown_user'));
    assert.deepEqual(await engine.logIn(name, password, { account: 'nowhere' }), refuse('unknown_user'));
  });

  test('opens a session with an API key and with a device secret, each under its own name', async () => {
    await using engine = await startEngine(database);
    const ada = await engine.addPerson('ada');
    const { apikey, device } = await addKeys(engine, ada);
    for (const [kind, secret] of Object.entries({ apikey, device })) {
      const caller = await engine.enter('ada', secret);
      assert.equal(caller.authModule, kind);
      assert.deepEqual(caller.amr, [kind]);
    }
    assert.equal((await engine.enter('ada', ada.password)).authModule, 'password');
  });

  test("does not take a key of another user's", async () => {
    await using engine = await startEngine(database);
    const { apikey, device } = await addKeys(engine, await engine.addPerson('ada'));
    await engine.addPerson('bob');
    for (const secret of [apikey, device]) assert.deepEqual(await engine.logIn('bob', secret), refuse('wrong'));
  });

  test('takes no code of a second factor and no recovery code in place of a password, and spends none', async () => {
    await using engine = await startEngine(database);
    const { name, password, seed, codes } = await engine.addProtected('ada');
    for (const code of [engine.codeFor(seed), codes[0] ?? ''])
      assert.deepEqual(await engine.logIn(name, code), refuse('wrong'));
    assert.ok(await engine.enter(name, password, engine.codeFor(seed)));
    assert.ok(await engine.enter(name, password, codes[0]));
  });

  test('refuses a wrong secret, and somebody with no secret at all', async () => {
    await using engine = await startEngine(database);
    await engine.addPerson('ada');
    await engine.addUser({ name: 'bob' });
    assert.deepEqual(await engine.logIn('ada', 'a wrong guess'), refuse('wrong'));
    assert.deepEqual(await engine.logIn('bob', 'a wrong guess'), refuse('no_authenticator'));
    assert.deepEqual(await engine.logIn('carl', 'a wrong guess'), refuse('unknown_user'));
  });

  test('neither looks at nor counts what can be no secret', async () => {
    await using engine = await startEngine(database);
    const { user } = await engine.addPerson('ada');
    for (const secret of ['é'.repeat(513), '\ud800 half a pair']) {
      assert.deepEqual(await engine.logIn('ada', secret), refuse('malformed_reply'));
    }
    assert.deepEqual(await engine.failures(user.id), {});
  });

  test('costs one hash, whoever is named', async () => {
    const hasher = watched();
    await using engine = await startEngine(database, { hasher });
    await engine.addPerson('ada');
    await engine.addUser({ name: 'bob' });
    const cost = async (name: string, secret: string) => {
      const before = hasher.count;
      await engine.logIn(name, secret);
      return hasher.count - before;
    };
    for (const name of ['ada', 'bob', 'carl']) {
      assert.equal(await cost(name, 'a wrong guess'), 1, name);
      assert.equal(await cost(name, `csk_${'A'.repeat(43)}`), 1, name);
      await guess(engine, name, 3);
      assert.equal(await cost(name, 'a wrong guess'), 0, name);
    }
  });

  test('brings the hash of a password up to the costs of today, once', async () => {
    await using engine = await startEngine(database);
    const { user, name, password } = await engine.addPerson('ada');
    const today = await engine.node({ hasher: createHasher({ ...cheapCost, passes: 2 }) });
    const read = async () => (await listForLogin(engine.ctx.store, user.id))[0];
    const before = await read();
    await today.enter(name, password);
    const after = await read();
    assert.match(JSON.stringify(before?.state), /m=64,t=1,p=1/);
    assert.match(JSON.stringify(after?.state), /m=64,t=2,p=1/);
    assert.equal(after?.revision, (before?.revision ?? 0) + 1);
    await today.enter(name, password);
    assert.deepEqual(await read(), after);
    assert.deepEqual(await today.logIn(name, `${password}.`), refuse('wrong'));
  });

  test('notes when the authenticator was used', async () => {
    await using engine = await startEngine(database);
    const { user, name, password } = await engine.addPerson('ada');
    engine.clock.tick(60_000);
    await engine.enter(name, password);
    assert.equal((await listForLogin(engine.ctx.store, user.id))[0]?.lastUsedAt, engine.clock.now());
  });

  test('with a password that is replaced while it is checked is refused', async () => {
    const hasher = watched();
    await using engine = await startEngine(database, { hasher });
    const { caller, name, password } = await engine.addPerson('ada');
    hasher.meanwhile = async () => {
      const other = await engine.node();
      const present = { ...other.ctx, currentPassword: password };
      unwrap(await setPassword(present, caller, { secret: 'another password', label: null }));
    };
    assert.deepEqual(await engine.logIn(name, password), refuse('raced'));
    assert.equal((await engine.logIn(name, 'another password')).ok, true);
  });

  test('is one line of the log, with the true reason', async () => {
    await using engine = await startEngine(database);
    const { user, name, password } = await engine.addPerson('ada');
    const { name: protectedName, password: protectedPassword, user: eve } = await engine.addProtected('eve');
    const sessions: string[] = [];
    const lines = await engine.logged(async () => {
      await engine.logIn(name, 'a wrong guess');
      engine.clock.tick(1);
      await engine.logIn('carl', 'a wrong guess');
      engine.clock.tick(1);
      sessions.push((await engine.enter(name, password)).id);
      engine.clock.tick(1);
      await engine.logIn(protectedName, protectedPassword);
    });
    const line = { action: 'login', authModule: 'password', factor: 'password', sessionId: null };
    assert.deepEqual(lines, [
      { ...line, userId: user.id, outcome: 'failed', reason: 'wrong' },
      { ...line, userId: null, outcome: 'failed', reason: 'unknown_user' },
      { ...line, userId: user.id, outcome: 'success', reason: null, sessionId: sessions[0] },
      { ...line, userId: eve.id, outcome: 'success', reason: null },
    ]);
  });
});
