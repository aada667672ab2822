import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHasher } from '../../../src/base/hasher.ts';
import { refuse } from '../../../src/base/outcome.ts';
import { setPassword } from '../../../src/engine/enrollment/set-password.ts';
import { listForLogin } from '../../../src/store/authenticators.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { cheapCost } from '../../../kit/hasher.ts';
import { got, house } from '../../../kit/house.ts';
import { addKeys, guess, watched } from './login-help.ts';

onEachDatabase('a login', (database) => {
  test('opens a session with a password, whether the user is named by name, id or address, in any case', async () => {
    await using home = await house(database);
    const { user, password } = await home.addPerson('Ada', { email: 'ada@example.org' });
    for (const name of ['Ada', 'ADA', 'ａｄａ', user.id, 'ada@example.org', 'ADA@EXAMPLE.ORG']) {
      const caller = await home.enter(name, password);
      assert.equal(caller.userId, user.id);
      assert.deepEqual(caller.amr, ['pwd']);
      assert.equal(caller.authModule, 'password');
      assert.equal(caller.secondFactorAt, null);
    }
  });

  test('goes to the account that is named, by id or by name', async () => {
    await using home = await house(database);
    const account = await home.addAccount('Branch');
    const { name, password } = await home.addPerson('ada', { account });
    for (const named of [account, 'branch'])
      assert.equal((await home.logIn(name, password, { account: named })).ok, true);
    assert.deepEqual(await home.logIn(name, password), refuse('unknown_user'));
    assert.deepEqual(await home.logIn(name, password, { account: 'root' }), refuse('unknown_user'));
    assert.deepEqual(await home.logIn(name, password, { account: 'nowhere' }), refuse('unknown_user'));
  });

  test('opens a session with an apikey and with a device secret, each under its own name', async () => {
    await using home = await house(database);
    const ada = await home.addPerson('ada');
    const { apikey, device } = await addKeys(home, ada);
    for (const [kind, secret] of Object.entries({ apikey, device })) {
      const caller = await home.enter('ada', secret);
      assert.equal(caller.authModule, kind);
      assert.deepEqual(caller.amr, [kind]);
    }
    assert.equal((await home.enter('ada', ada.password)).authModule, 'password');
  });

  test("does not take a key of another user's", async () => {
    await using home = await house(database);
    const { apikey, device } = await addKeys(home, await home.addPerson('ada'));
    await home.addPerson('bob');
    for (const secret of [apikey, device]) assert.deepEqual(await home.logIn('bob', secret), refuse('wrong'));
  });

  test('takes no code of a second factor and no recovery code in place of a password, and spends none', async () => {
    await using home = await house(database);
    const { name, password, seed, codes } = await home.addProtected('ada');
    for (const code of [home.codeFor(seed), codes[0] ?? ''])
      assert.deepEqual(await home.logIn(name, code), refuse('wrong'));
    assert.ok(await home.enter(name, password, home.codeFor(seed)));
    assert.ok(await home.enter(name, password, codes[0]));
  });

  test('refuses a wrong secret, and somebody with no secret at all', async () => {
    await using home = await house(database);
    await home.addPerson('ada');
    await home.addUser({ name: 'bob' });
    assert.deepEqual(await home.logIn('ada', 'a wrong guess'), refuse('wrong'));
    assert.deepEqual(await home.logIn('bob', 'a wrong guess'), refuse('no_authenticator'));
    assert.deepEqual(await home.logIn('carl', 'a wrong guess'), refuse('unknown_user'));
  });

  test('neither looks at nor counts what can be no secret', async () => {
    await using home = await house(database);
    const { user } = await home.addPerson('ada');
    for (const secret of ['é'.repeat(513), '\ud800 half a pair']) {
      assert.deepEqual(await home.logIn('ada', secret), refuse('malformed_reply'));
    }
    assert.deepEqual(await home.failures(user.id), {});
  });

  test('costs one hash, whoever is named', async () => {
    const hasher = watched();
    await using home = await house(database, { hasher });
    await home.addPerson('ada');
    await home.addUser({ name: 'bob' });
    const cost = async (name: string, secret: string) => {
      const before = hasher.count;
      await home.logIn(name, secret);
      return hasher.count - before;
    };
    for (const name of ['ada', 'bob', 'carl']) {
      assert.equal(await cost(name, 'a wrong guess'), 1, name);
      assert.equal(await cost(name, `csk_${'A'.repeat(43)}`), 1, name);
      await guess(home, name, 3);
      assert.equal(await cost(name, 'a wrong guess'), 0, name);
    }
  });

  test('brings the hash of a password up to the costs of today, once', async () => {
    await using home = await house(database);
    const { user, name, password } = await home.addPerson('ada');
    const today = await home.node({ hasher: createHasher({ ...cheapCost, passes: 2 }) });
    const read = async () => (await listForLogin(home.ctx.store, user.id, []))[0];
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
    await using home = await house(database);
    const { user, name, password } = await home.addPerson('ada');
    home.clock.tick(60_000);
    await home.enter(name, password);
    assert.equal((await listForLogin(home.ctx.store, user.id, []))[0]?.lastUsedAt, home.clock.now());
  });

  test('with a password that is replaced while it is checked is refused', async () => {
    const hasher = watched();
    await using home = await house(database, { hasher });
    const { caller, name, password } = await home.addPerson('ada');
    hasher.meanwhile = async () => {
      const other = await home.node();
      got(await setPassword(other.ctx, caller, { secret: 'another password', current: password, label: null }));
    };
    assert.deepEqual(await home.logIn(name, password), refuse('raced'));
    assert.equal((await home.logIn(name, 'another password')).ok, true);
  });

  test('is one line of the log, with the true reason', async () => {
    await using home = await house(database);
    const { user, name, password } = await home.addPerson('ada');
    const { name: protectedName, password: protectedPassword, user: eve } = await home.addProtected('eve');
    const sessions: string[] = [];
    const lines = await home.logged(async () => {
      await home.logIn(name, 'a wrong guess');
      home.clock.tick(1);
      await home.logIn('carl', 'a wrong guess');
      home.clock.tick(1);
      sessions.push((await home.enter(name, password)).id);
      home.clock.tick(1);
      await home.logIn(protectedName, protectedPassword);
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
