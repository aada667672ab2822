import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHasher, type Hasher } from '../../../src/base/hasher.ts';
import { refuse } from '../../../src/base/outcome.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { remove } from '../../../src/engine/enrollment/remove.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { setPassword } from '../../../src/engine/enrollment/set-password.ts';
import { answer } from '../../../src/engine/login/answer.ts';
import { listForLogin } from '../../../src/store/authenticators.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { cheapCost, cheapHasher } from '../../../kit/hasher.ts';
import { atOnce, got, house, inNextEpoch, type House, type Person } from '../../../kit/house.ts';

const deviceSecret = 'the secret of a device';

/** A key of each kind for somebody who has no second factor yet. */
async function addKeys(home: House, { caller }: Person): Promise<{ apikey: string; device: string }> {
  // Later than the password, so that its id does not sort before it by chance.
  home.clock.tick(1);
  const made = got(await enroll(home.ctx, caller, { kind: 'apikey', label: null, input: {} }));
  const again = inNextEpoch(caller);
  got(await enroll(home.ctx, again, { kind: 'device', label: null, input: { secret: deviceSecret } }));
  return { apikey: String(made.offer.secret), device: deviceSecret };
}

/** Protects a person who may have keys already. */
async function protect(home: House, { name, password }: Person): Promise<string> {
  return (await home.enrollTotp(await home.enter(name, password))).seed;
}

async function guess(home: House, name: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const outcome = await home.logIn(name, 'a wrong guess');
    assert.ok(!outcome.ok && outcome.reason !== 'throttled');
  }
}

/** A hasher that counts, and before it verifies does what it is told. */
function watched(): Hasher & { count: number; meanwhile: (() => Promise<void>) | undefined } {
  const hasher = cheapHasher();
  return {
    ...hasher,
    count: 0,
    meanwhile: undefined,
    hash(secret) {
      this.count += 1;
      return hasher.hash(secret);
    },
    async verify(phc, secret) {
      this.count += 1;
      const work = this.meanwhile;
      this.meanwhile = undefined;
      await work?.();
      return hasher.verify(phc, secret);
    },
  };
}

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

  test('waits after five failures, whatever is sent, and goes on when the wait is over', async () => {
    await using home = await house(database);
    const { user, password } = await home.addPerson('ada');
    await guess(home, 'ada', 5);
    assert.deepEqual(await home.logIn('ada', 'a wrong guess'), refuse('throttled', 30));
    assert.deepEqual(await home.logIn('ada', password), refuse('throttled', 30));
    home.clock.tick(29_999);
    assert.deepEqual(await home.logIn('ada', password), refuse('throttled', 1));
    home.clock.tick(1);
    assert.equal((await home.logIn('ada', password)).ok, true);
    assert.deepEqual(await home.failures(user.id), {});
  });

  test('counts all spellings of one user together', async () => {
    await using home = await house(database);
    const { user, password } = await home.addPerson('ada', { email: 'ada@example.org' });
    for (const name of ['ada', 'ADA', 'ａｄａ', user.id, 'Ada@Example.org']) await guess(home, name, 1);
    assert.deepEqual(await home.logIn('ada', password), refuse('throttled', 30));
    assert.deepEqual(await home.failures(user.id), { password: 5 });
  });

  test('counts a name that nobody has just like one that somebody has', async () => {
    await using home = await house(database);
    for (const name of ['carl', 'CARL', 'ｃａｒｌ', 'Carl', 'carl']) await guess(home, name, 1);
    assert.deepEqual(await home.logIn('carl', 'a wrong guess'), refuse('throttled', 30));
    home.clock.tick(30_000);
    assert.deepEqual(await home.logIn('carl', 'a wrong guess'), refuse('unknown_user'));
    assert.deepEqual(await home.logIn('carl', 'a wrong guess'), refuse('throttled', 60));
  });

  test('counts each name, and the same name in each account, apart', async () => {
    await using home = await house(database);
    const account = await home.addAccount('branch');
    await home.addPerson('ada', { account });
    await guess(home, 'ada', 5);
    assert.deepEqual(await home.logIn('carl', 'a wrong guess'), refuse('unknown_user'));
    assert.deepEqual(await home.logIn('ada', 'a wrong guess', { account }), refuse('wrong'));
    assert.deepEqual(await home.logIn('ada', 'a wrong guess', { account: 'nowhere' }), refuse('unknown_user'));
    assert.deepEqual(await home.logIn('ada', 'a wrong guess'), refuse('throttled', 30));
  });

  test('keeps no name that nobody has, for it may be a password in the wrong field', async () => {
    await using home = await house(database);
    await guess(home, 'hunter2 hunter2', 1);
    const { db } = home.ctx.store;
    const kept = [
      await db.selectFrom('throttles').selectAll().execute(),
      await db.selectFrom('attempts').selectAll().execute(),
    ];
    assert.doesNotMatch(JSON.stringify(kept), /hunter2/);
  });

  test('asks for a second factor when the user has one, and opens nothing before it is proven', async () => {
    await using home = await house(database);
    const { user, password, id, token } = await home.addProtected('ada');
    const asked = got(await home.logIn('ada', password));
    assert.ok(asked.state === 'challenge');
    assert.match(asked.challengeToken, /^[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(
      asked.anyOf.map((one) => one.id),
      [id],
    );
    assert.deepEqual(await authenticate(home.ctx, asked.challengeToken), refuse('invalid_token'));
    const { db } = home.ctx.store;
    const sessions = await db.selectFrom('sessions').select('id').where('user_id', '=', user.id).execute();
    assert.deepEqual(
      sessions.map((session) => session.id),
      [(await home.caller(token)).id],
    );
  });

  test('asks for no second factor that is not confirmed', async () => {
    await using home = await house(database);
    const { caller, password } = await home.addPerson('ada');
    got(await enroll(home.ctx, caller, { kind: 'totp', label: null, input: {} }));
    assert.equal(got(await home.logIn('ada', password)).state, 'session');
  });

  test('asks an apikey for no second factor, and a device secret for one', async () => {
    await using home = await house(database);
    const ada = await home.addPerson('ada');
    const { apikey, device } = await addKeys(home, ada);
    const seed = await protect(home, ada);
    assert.equal((await home.enter('ada', apikey)).secondFactorAt, null);
    const challengeToken = await home.challenge('ada', device);
    const { token } = got(await answer(home.ctx, { challengeToken, reply: home.codeFor(seed) }));
    const caller = await home.caller(token);
    assert.equal(caller.authModule, 'device');
    assert.deepEqual(caller.amr, ['device', 'otp', 'mfa']);
  });

  test('lets a program with its apikey in while strangers guess at the password, and does not lengthen their wait', async () => {
    await using home = await house(database);
    const ada = await home.addPerson('ada');
    const { apikey } = await addKeys(home, ada);
    await guess(home, 'ada', 5);
    home.clock.tick(20_000);
    for (let time = 0; time < 7; time += 1) assert.equal((await home.enter('ada', apikey)).authModule, 'apikey');
    assert.deepEqual(await home.failures(ada.user.id), { password: 5 });
    home.clock.tick(10_000);
    assert.equal((await home.logIn('ada', ada.password)).ok, true);
  });

  test('counts a wrong apikey and a wrong device secret as guesses at the password', async () => {
    await using home = await house(database);
    const ada = await home.addPerson('ada');
    const { device } = await addKeys(home, ada);
    assert.deepEqual(await home.logIn('ada', `csk_${'A'.repeat(43)}`), refuse('wrong'));
    assert.deepEqual(await home.logIn('ada', 'not the secret of a device'), refuse('wrong'));
    assert.deepEqual(await home.failures(ada.user.id), { password: 2 });
    await guess(home, 'ada', 3);
    assert.deepEqual(await home.logIn('ada', device), refuse('throttled', 30));
  });

  test('with a device secret gives its try back and leaves the failures of the password as they were', async () => {
    await using home = await house(database);
    const ada = await home.addPerson('ada');
    const { device } = await addKeys(home, ada);
    await guess(home, 'ada', 4);
    await home.enter('ada', device);
    await home.enter('ada', device);
    assert.deepEqual(await home.failures(ada.user.id), { password: 4 });
  });

  test('with the right password forgets the failures of the password and of nothing else', async () => {
    await using home = await house(database);
    const { user, password, seed } = await home.addProtected('ada');
    const challengeToken = await home.challenge('ada', password);
    for (let time = 0; time < 4; time += 1) {
      const wrong = await answer(home.ctx, { challengeToken, reply: home.wrongCodeFor(seed) });
      assert.deepEqual(wrong, refuse('wrong'));
      await guess(home, 'ada', 1);
    }
    assert.deepEqual(await home.failures(user.id), { totp: 4, password: 4 });
    await home.challenge('ada', password);
    assert.deepEqual(await home.failures(user.id), { totp: 4 });
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

  test('with a password that is replaced while it is checked asks for no second factor', async () => {
    const hasher = watched();
    await using home = await house(database, { hasher });
    const { caller, name, password } = await home.addProtected('ada');
    hasher.meanwhile = async () => {
      const other = await home.node();
      got(await setPassword(other.ctx, caller, { secret: 'another password', label: null }));
    };
    assert.deepEqual(await home.logIn(name, password), refuse('raced'));
    assert.equal(got(await home.logIn(name, 'another password')).state, 'challenge');
  });

  test('that began before the user had a second factor opens nothing after it', async () => {
    const hasher = watched();
    await using home = await house(database, { hasher });
    const { caller, name, password } = await home.addPerson('ada');
    hasher.meanwhile = async () => void (await (await home.node()).enrollTotp(caller));
    const outcome = await home.logIn(name, password);
    if (outcome.ok) {
      assert.ok(outcome.value.state === 'session');
      assert.deepEqual(await authenticate(home.ctx, outcome.value.token), refuse('invalid_token'));
    }
    assert.equal(got(await home.logIn(name, password)).state, 'challenge');
  });

  test('that is asked for a second factor which is removed meanwhile opens nothing with it', async () => {
    const hasher = watched();
    await using home = await house(database, { hasher });
    const { user, caller, name, password, id, seed } = await home.addProtected('ada');
    hasher.meanwhile = async () => {
      const other = await home.node();
      got(await remove(other.ctx, caller, { user: { ...user, epoch: caller.epoch }, authenticatorId: id }));
    };
    const asked = got(await home.logIn(name, password));
    assert.ok(asked.state === 'challenge');
    const answered = await answer(home.ctx, { challengeToken: asked.challengeToken, reply: home.codeFor(seed) });
    assert.deepEqual(answered, refuse('invalid_challenge'));
  });

  test('of sixteen honest ones at once on one node lets all in', async () => {
    await using home = await house(database);
    const { user, name, password } = await home.addPerson('ada');
    const outcomes = await atOnce(16, (at) => home.logIn(at % 2 === 0 ? name : user.id, password));
    assert.ok(outcomes.every(({ ok }) => ok));
  });

  test('leaves the try unspent when a fault stops it', async () => {
    const hasher = watched();
    await using home = await house(database, { hasher });
    const { user, name, password } = await home.addPerson('ada');
    await guess(home, name, 1);
    hasher.meanwhile = () => Promise.reject(new Error('broken'));
    await assert.rejects(home.logIn(name, password), new Error('broken'));
    assert.deepEqual(await home.failures(user.id), { password: 1 });
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
