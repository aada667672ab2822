import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { authenticate, type Caller } from '../../../src/engine/session/authenticate.ts';
import { endSession } from '../../../src/engine/session/list-sessions.ts';
import { setPassword } from '../../../src/engine/enrollment/set-password.ts';
import { stepUpLife } from '../../../src/engine/proof/fresh-proof.ts';
import { deleteUser } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine, inNextEpoch, type TestEngine } from '../../../kit/test-engine.ts';

const secret = 'a new password';

const set = ({ ctx }: TestEngine, caller: Caller, current?: string, wish = secret) =>
  setPassword({ ...ctx, currentPassword: current }, caller, { secret: wish, label: 'mine' });

onEachDatabase('a new password', (database) => {
  test('takes the place of the one before', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, caller } = await engine.addPerson('ada');
    const { authenticator: made } = unwrap(await set(engine, caller, password));
    assert.deepEqual([made.kind, made.label, made.status, made.userId], ['password', 'mine', 'active', user.id]);
    assert.deepEqual(await engine.logIn(name, password), refuse('wrong'));
    assert.equal((await engine.enter(name, secret)).userId, user.id);
    const kept = await engine.ctx.store.db
      .selectFrom('authenticators')
      .select('id')
      .where('kind', '=', 'password')
      .execute();
    assert.deepEqual(kept, [{ id: made.id }]);
  });

  test('needs the present one from a user without a second factor', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, caller } = await engine.addPerson('ada');
    assert.deepEqual(await set(engine, caller), refuse('current_password_required'));
    assert.deepEqual(await engine.failures(user.id), {});
    assert.deepEqual(await set(engine, caller, 'a wrong guess'), refuse('wrong_current_password'));
    assert.deepEqual(await engine.failures(user.id), { password: 1 });
    assert.equal((await engine.logIn(name, password)).ok, true);
  });

  test('needs the present one from a session that has enrolled its second factor since the login', async () => {
    await using engine = await startEngine(database);
    const { password, caller } = await engine.addPerson('ada');
    engine.clock.tick(1000);
    const raised = await engine.caller((await engine.enrollTotp(caller)).token);
    assert.deepEqual(await set(engine, raised), refuse('current_password_required'));
    unwrap(await set(engine, raised, password));
  });

  test('is not set with a present one that can be none, and that is no fault', async () => {
    await using engine = await startEngine(database);
    const { user, caller } = await engine.addPerson('ada');
    assert.deepEqual(await set(engine, caller, 'é'.repeat(513)), refuse('wrong_current_password'));
    assert.deepEqual(await engine.failures(user.id), {});
  });

  test('counts guesses at the present one like those at a login, and a right one forgets them', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, token, caller } = await engine.addPerson('ada');
    for (let time = 0; time < 3; time += 1) await set(engine, caller, 'a wrong guess');
    for (let time = 0; time < 2; time += 1) await engine.logIn(name, 'a wrong guess');
    assert.deepEqual(await set(engine, caller, password), refuse('throttled', 30));
    assert.deepEqual(await engine.logIn(name, password), refuse('throttled', 30));
    engine.clock.tick(30_000);
    unwrap(await set(engine, caller, password));
    assert.deepEqual(await engine.failures(user.id), {});
    assert.ok(await engine.caller(token));
  });

  test('needs the proof of a second factor from a user who has one, and the present password is no substitute', async () => {
    await using engine = await startEngine(database);
    const { name, password, token, seed } = await engine.addProtected('ada');
    engine.clock.tick(stepUpLife);
    unwrap(await set(engine, await engine.caller(token)));
    engine.clock.tick(1);
    assert.deepEqual(
      await set(engine, await engine.caller(token), secret, 'one more password'),
      refuse('step_up_required'),
    );
    assert.deepEqual(await engine.logIn(name, password), refuse('wrong'));
    assert.ok(await engine.enter(name, secret, engine.codeFor(seed)));
  });

  test('needs nothing more from a user who has none', async () => {
    await using engine = await startEngine(database);
    const { user, name, caller } = await engine.addPerson('ada');
    await engine.ctx.store.db.deleteFrom('authenticators').where('user_id', '=', user.id).execute();
    unwrap(await set(engine, caller));
    assert.ok(await engine.enter(name, secret));
  });

  test('is not one that is tried first, nor the name', async () => {
    await using engine = await startEngine(database);
    const { name, password, caller } = await engine.addPerson('Ada Lovelace');
    assert.deepEqual(await set(engine, caller, password, 'password1'), refuse('password_too_common'));
    assert.deepEqual(await set(engine, caller, password, 'ADA LOVELACE'), refuse('password_is_name'));
    assert.equal((await engine.logIn(name, password)).ok, true);
  });

  test('ends the other sessions and keeps its own', async () => {
    await using engine = await startEngine(database);
    const { name, password, token, caller } = await engine.addPerson('ada');
    const other = await engine.signIn(name, password);
    unwrap(await set(engine, caller, password));
    assert.deepEqual(await authenticate(engine.ctx, other), refuse('invalid_token'));
    assert.deepEqual(await engine.caller(token), inNextEpoch(caller));
  });

  test('is not set by a program', async () => {
    await using engine = await startEngine(database);
    const { name, password, caller } = await engine.addPerson('ada');
    const { offer } = unwrap(await enroll(engine.ctx, caller, { kind: 'apikey', label: null, input: {} }));
    const program = await engine.enter(name, String(offer.secret));
    assert.deepEqual(await set(engine, program, password), refuse('unattended'));
  });

  test('is not set through a session that has ended meanwhile', async () => {
    await using engine = await startEngine(database);
    const { name, password, caller } = await engine.addPerson('ada');
    unwrap(await endSession(engine.ctx, caller, caller.id));
    assert.deepEqual(await set(engine, caller, password), refuse('raced'));
    assert.equal((await engine.logIn(name, password)).ok, true);
  });

  test('is not set for a user who is gone', async () => {
    await using engine = await startEngine(database);
    const { user, password, caller } = await engine.addPerson('ada');
    await deleteUser(engine.ctx.store, user.id);
    assert.deepEqual(await set(engine, caller, password), refuse('not_found'));
  });

  test('of two set at once over two nodes is one', async () => {
    await using engine = await startEngine(database);
    const other = await engine.node();
    const { name, password, caller } = await engine.addPerson('ada');
    const both = await Promise.all([
      set(engine, caller, password, 'new password 1'),
      set(other, caller, password, 'new password 2'),
    ]);
    assert.equal(both.filter(({ ok }) => ok).length, 1);
    const entering = await Promise.all(['new password 1', 'new password 2'].map((one) => engine.logIn(name, one)));
    assert.deepEqual(
      entering.map(({ ok }) => ok),
      both.map(({ ok }) => ok),
    );
  });

  test('is one line of the log, with the true reason', async () => {
    await using engine = await startEngine(database);
    const { user, password, caller } = await engine.addPerson('ada');
    const lines = await engine.logged(async () => {
      await set(engine, caller, 'a wrong guess');
      engine.clock.tick(1);
      await set(engine, caller, password);
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
