import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { authenticate, type Caller } from '../../../src/engine/session/authenticate.ts';
import { endSession } from '../../../src/engine/session/list-sessions.ts';
import { setPassword } from '../../../src/engine/enrollment/set-password.ts';
import { stepUpLife } from '../../../src/engine/session/step-up.ts';
import { deleteUser } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house, inNextEpoch, type House } from '../../../kit/house.ts';

const secret = 'a new password';

const set = ({ ctx }: House, caller: Caller, current?: string, wish = secret) =>
  setPassword(ctx, caller, { secret: wish, current, label: 'mine' });

onEachDatabase('a new password', (database) => {
  test('takes the place of the one before', async () => {
    await using home = await house(database);
    const { user, name, password, caller } = await home.addPerson('ada');
    const made = got(await set(home, caller, password));
    assert.deepEqual([made.kind, made.label, made.status, made.userId], ['password', 'mine', 'active', user.id]);
    assert.deepEqual(await home.logIn(name, password), refuse('wrong'));
    assert.equal((await home.enter(name, secret)).userId, user.id);
    const kept = await home.ctx.store.db
      .selectFrom('authenticators')
      .select('id')
      .where('kind', '=', 'password')
      .execute();
    assert.deepEqual(kept, [{ id: made.id }]);
  });

  test('needs the present one from a user without a second factor', async () => {
    await using home = await house(database);
    const { user, name, password, caller } = await home.addPerson('ada');
    assert.deepEqual(await set(home, caller), refuse('current_password_required'));
    assert.deepEqual(await home.failures(user.id), {});
    assert.deepEqual(await set(home, caller, 'a wrong guess'), refuse('wrong_current_password'));
    assert.deepEqual(await home.failures(user.id), { password: 1 });
    assert.equal((await home.logIn(name, password)).ok, true);
  });

  test('is not set with a present one that can be none, and that is no fault', async () => {
    await using home = await house(database);
    const { user, caller } = await home.addPerson('ada');
    assert.deepEqual(await set(home, caller, 'é'.repeat(513)), refuse('wrong_current_password'));
    assert.deepEqual(await home.failures(user.id), {});
  });

  test('counts guesses at the present one like those at a login, and a right one forgets them', async () => {
    await using home = await house(database);
    const { user, name, password, token, caller } = await home.addPerson('ada');
    for (let time = 0; time < 3; time += 1) await set(home, caller, 'a wrong guess');
    for (let time = 0; time < 2; time += 1) await home.logIn(name, 'a wrong guess');
    assert.deepEqual(await set(home, caller, password), refuse('throttled', 30));
    assert.deepEqual(await home.logIn(name, password), refuse('throttled', 30));
    home.clock.tick(30_000);
    got(await set(home, caller, password));
    assert.deepEqual(await home.failures(user.id), {});
    assert.ok(await home.caller(token));
  });

  test('needs the proof of a second factor from a user who has one, and the present password is no substitute', async () => {
    await using home = await house(database);
    const { name, password, token, seed } = await home.addProtected('ada');
    home.clock.tick(stepUpLife);
    got(await set(home, await home.caller(token)));
    home.clock.tick(1);
    assert.deepEqual(
      await set(home, await home.caller(token), secret, 'one more password'),
      refuse('step_up_required'),
    );
    assert.deepEqual(await home.logIn(name, password), refuse('wrong'));
    assert.ok(await home.enter(name, secret, home.codeFor(seed)));
  });

  test('needs nothing more from a user who has none', async () => {
    await using home = await house(database);
    const { user, name, caller } = await home.addPerson('ada');
    await home.ctx.store.db.deleteFrom('authenticators').where('user_id', '=', user.id).execute();
    got(await set(home, caller));
    assert.ok(await home.enter(name, secret));
  });

  test('is not one that is tried first, nor the name', async () => {
    await using home = await house(database);
    const { name, password, caller } = await home.addPerson('Ada Lovelace');
    assert.deepEqual(await set(home, caller, password, 'password1'), refuse('password_too_common'));
    assert.deepEqual(await set(home, caller, password, 'ADA LOVELACE'), refuse('password_is_name'));
    assert.equal((await home.logIn(name, password)).ok, true);
  });

  test('ends the other sessions and keeps its own', async () => {
    await using home = await house(database);
    const { name, password, token, caller } = await home.addPerson('ada');
    const other = await home.signIn(name, password);
    got(await set(home, caller, password));
    assert.deepEqual(await authenticate(home.ctx, other), refuse('invalid_token'));
    assert.deepEqual(await home.caller(token), inNextEpoch(caller));
  });

  test('is not set by a program', async () => {
    await using home = await house(database);
    const { name, password, caller } = await home.addPerson('ada');
    const { offer } = got(await enroll(home.ctx, caller, { kind: 'apikey', label: null, input: {} }));
    const program = await home.enter(name, String(offer.secret));
    assert.deepEqual(await set(home, program, password), refuse('unattended'));
  });

  test('is not set through a session that has ended meanwhile', async () => {
    await using home = await house(database);
    const { name, password, caller } = await home.addPerson('ada');
    got(await endSession(home.ctx, caller, caller.id));
    assert.deepEqual(await set(home, caller, password), refuse('raced'));
    assert.equal((await home.logIn(name, password)).ok, true);
  });

  test('is not set for a user who is gone', async () => {
    await using home = await house(database);
    const { user, password, caller } = await home.addPerson('ada');
    await deleteUser(home.ctx.store, user.id);
    assert.deepEqual(await set(home, caller, password), refuse('not_found'));
  });

  test('of two set at once over two nodes is one', async () => {
    await using home = await house(database);
    const other = await home.node();
    const { name, password, caller } = await home.addPerson('ada');
    const both = await Promise.all([
      set(home, caller, password, 'new password 1'),
      set(other, caller, password, 'new password 2'),
    ]);
    assert.equal(both.filter(({ ok }) => ok).length, 1);
    const entering = await Promise.all(['new password 1', 'new password 2'].map((one) => home.logIn(name, one)));
    assert.deepEqual(
      entering.map(({ ok }) => ok),
      both.map(({ ok }) => ok),
    );
  });

  test('is one line of the log, with the true reason', async () => {
    await using home = await house(database);
    const { user, password, caller } = await home.addPerson('ada');
    const lines = await home.logged(async () => {
      await set(home, caller, 'a wrong guess');
      home.clock.tick(1);
      await set(home, caller, password);
    });
    const line = {
      action: 'password.set',
      factor: 'password',
      userId: user.id,
      authModule: null,
      sessionId: caller.id,
    };
    assert.deepEqual(lines, [
      { ...line, outcome: 'failed', reason: 'wrong_current_password' },
      { ...line, outcome: 'success', reason: null },
    ]);
  });
});
