import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, success } from '../../../src/base/outcome.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { disableMfa } from '../../../src/engine/operator/disable-mfa.ts';
import { findNamed } from '../../../src/engine/operator/find-user.ts';
import { overridePassword } from '../../../src/engine/operator/override-password.ts';
import { unlock } from '../../../src/engine/operator/unlock.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { browseAuthenticators } from '../../../src/engine/directory/reach-user.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house } from '../../../kit/house.ts';

onEachDatabase('the operator', (database) => {
  test('finds a user by account and login', async () => {
    await using home = await house(database);
    const branch = await home.addAccount('branch');
    const ada = await home.addUser({ name: 'ada', email: 'ada@example.org' });
    const far = await home.addUser({ name: 'ada', account: branch });
    for (const login of ['ADA', ada.id, 'ada@example.org'])
      assert.deepEqual(await findNamed(home.ctx, { login }), success(ada));
    assert.deepEqual(await findNamed(home.ctx, { account: 'branch', login: 'ada' }), success(far));
    assert.deepEqual(await findNamed(home.ctx, { account: 'nowhere', login: 'ada' }), refuse('unknown_account'));
    assert.deepEqual(await findNamed(home.ctx, { login: 'bob' }), refuse('unknown_user'));
  });

  test('sets a password, which ends all sessions and leaves the second factor', async () => {
    await using home = await house(database);
    const { name, password, token, seed } = await home.addProtected('ada');
    got(await overridePassword(home.ctx, { login: name }, 'an operator password'));
    assert.deepEqual(await authenticate(home.ctx, token), refuse('invalid_token'));
    assert.deepEqual(await home.logIn(name, password), refuse('wrong'));
    assert.ok(await home.enter(name, 'an operator password', home.codeFor(seed)));
  });

  test('sets no password that a user could not', async () => {
    await using home = await house(database);
    const { name, password } = await home.addPerson('ada');
    assert.deepEqual(await overridePassword(home.ctx, { login: name }, 'password1'), refuse('password_too_common'));
    assert.deepEqual(
      await overridePassword(home.ctx, { login: 'bob' }, 'an operator password'),
      refuse('unknown_user'),
    );
    assert.ok(await home.enter(name, password));
  });

  test('unlocks every factor of a user, closed ones too', async () => {
    await using home = await house(database);
    const { user, name, password } = await home.addPerson('ada');
    const bob = await home.addPerson('bob');
    const throttle = { kind: 'password', failures: 100, last_at: home.clock.now() };
    await home.ctx.store.db
      .insertInto('throttles')
      .values([
        { ...throttle, subject: user.id },
        { ...throttle, subject: user.id, kind: 'totp', failures: 7 },
        { ...throttle, subject: bob.user.id },
      ])
      .execute();
    home.clock.tick(365 * 86_400_000);
    assert.deepEqual(await home.logIn(name, password), refuse('throttled', 900));
    assert.deepEqual(await unlock(home.ctx, { login: name }), success(2));
    assert.deepEqual(await unlock(home.ctx, { login: name }), success(0));
    assert.ok(await home.enter(name, password));
    assert.deepEqual(await home.logIn(bob.name, bob.password), refuse('throttled', 900));
    assert.deepEqual(await unlock(home.ctx, { login: 'nobody' }), refuse('unknown_user'));
  });

  test('takes second factors and recovery codes from somebody who lost them, and leaves what opens a login', async () => {
    await using home = await house(database);
    const { user, name, password, token, caller } = await home.addProtected('ada');
    got(await enroll(home.ctx, caller, { kind: 'apikey', label: null, input: {} }));
    got(await enroll(home.ctx, await home.caller(token), { kind: 'totp', label: null, input: {} }));
    got(await disableMfa(home.ctx, { login: name }));
    const kinds = (await browseAuthenticators(home.ctx, user)).map(({ kind }) => kind);
    assert.deepEqual(kinds.toSorted(), ['apikey', 'password']);
    assert.deepEqual(await authenticate(home.ctx, token), refuse('invalid_token'));
    assert.equal(got(await home.logIn(name, password)).state, 'session');
    assert.deepEqual(await disableMfa(home.ctx, { login: 'nobody' }), refuse('unknown_user'));
  });

  test('leaves one line of the log for each thing done', async () => {
    await using home = await house(database);
    const { user, name } = await home.addPerson('ada');
    const lines = await home.logged(async () => {
      await overridePassword(home.ctx, { login: name }, 'an operator password');
      home.clock.tick(1);
      await unlock(home.ctx, { login: name });
      home.clock.tick(1);
      await disableMfa(home.ctx, { login: name });
    });
    const line = { factor: null, outcome: 'success', reason: null, userId: user.id, authModule: null, sessionId: null };
    assert.deepEqual(lines, [
      { ...line, action: 'operator.password', factor: 'password' },
      { ...line, action: 'operator.unlock' },
      { ...line, action: 'operator.disable_mfa' },
    ]);
  });
});
