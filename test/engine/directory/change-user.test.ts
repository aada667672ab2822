import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { stepUpLife } from '../../../src/engine/proof/fresh-proof.ts';
import { changeProfile, removeUser } from '../../../src/engine/directory/change-user.ts';
import { createUser } from '../../../src/engine/directory/create-user.ts';
import { findUser } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine } from '../../../kit/test-engine.ts';
import { input, password, addAdmin } from './users-help.ts';

onEachDatabase('users', (database) => {
  test('keep their names: nobody gets one that is taken, in whatever case', async () => {
    await using engine = await startEngine(database);
    const { caller } = await addAdmin(engine);
    unwrap(await createUser(engine.ctx, caller, input('ada', { password })));
    assert.deepEqual(await createUser(engine.ctx, caller, input('ＡDA', { password })), refuse('name_taken'));
    const { user } = unwrap(await createUser(engine.ctx, caller, input('bob')));
    const renamed = await changeProfile(engine.ctx, caller, { user, changes: { name: 'Ada' } });
    assert.deepEqual(renamed, refuse('name_taken'));
    assert.equal((await findUser(engine.ctx.store, user.id))?.name, 'bob');
  });

  test('change their profile: what is absent stays, null clears', async () => {
    await using engine = await startEngine(database);
    const { user, caller } = await engine.addPerson('ada', {
      email: 'a@example.org',
      phone: '+12025550123',
      lastName: 'L',
    });
    engine.clock.tick(1000);
    const changes = { name: 'Ada', email: null, phone: undefined, firstName: 'A' };
    const { user: changed } = unwrap(await changeProfile(engine.ctx, caller, { user, changes }));
    const { name, email, firstName } = changes;
    assert.deepEqual(changed, { ...user, name, email, firstName, updatedAt: engine.clock.now(), version: 1, epoch: 1 });
    const again = await changeProfile(engine.ctx, caller, { user, changes: { name: 'Eve' } });
    assert.deepEqual(again, refuse('raced'));
  });

  test('do not give themselves roles, an administrator does', async () => {
    await using engine = await startEngine(database);
    const [ada, admin] = [await engine.addPerson('ada'), await addAdmin(engine)];
    const change = { user: ada.user, changes: { roles: ['admin' as const] } };
    assert.deepEqual(await changeProfile(engine.ctx, ada.caller, change), refuse('forbidden'));
    assert.deepEqual(unwrap(await changeProfile(engine.ctx, admin.caller, change)).user.roles, ['admin']);
    assert.deepEqual((await engine.caller(ada.token)).roles, ['admin']);
  });

  test('with a second factor change their profile, and are removed, only shortly after its proof', async () => {
    await using engine = await startEngine(database);
    const { user, token, caller } = await engine.addProtected('ada');
    engine.clock.tick(stepUpLife + 1);
    const stale = await engine.caller(token);
    assert.deepEqual(await changeProfile(engine.ctx, stale, { user, changes: {} }), refuse('step_up_required'));
    assert.deepEqual(await removeUser(engine.ctx, stale, user), refuse('step_up_required'));
    const program = { ...caller, authModule: 'apikey' };
    assert.deepEqual(await changeProfile(engine.ctx, program, { user, changes: {} }), refuse('unattended'));
    assert.deepEqual(await removeUser(engine.ctx, program, user), refuse('unattended'));
  });

  test('are removed with everything they have, once, and the log stays', async () => {
    await using engine = await startEngine(database);
    const [ada, admin] = [await engine.addProtected('ada'), await addAdmin(engine)];
    await engine.challenge(ada.name, ada.password);
    const lines = await engine.logged(() => removeUser(engine.ctx, admin.caller, ada.user));
    assert.deepEqual(await removeUser(engine.ctx, admin.caller, ada.user), refuse('not_found'));
    assert.deepEqual(await authenticate(engine.ctx, ada.token), refuse('invalid_token'));
    assert.deepEqual(await engine.logIn(ada.name, ada.password), refuse('unknown_user'));
    const { db } = engine.ctx.store;
    for (const table of ['authenticators', 'challenges', 'sessions'] as const) {
      const rows = await db.selectFrom(table).select('id').where('user_id', '=', ada.user.id).execute();
      assert.deepEqual(rows, [], table);
    }
    const line = { action: 'user.delete', factor: null, outcome: 'success', reason: null, authModule: null };
    assert.deepEqual(lines, [{ ...line, userId: ada.user.id, sessionId: admin.caller.id }]);
    const kept = await db.selectFrom('attempts').select('action').where('user_id', '=', ada.user.id).execute();
    assert.ok(kept.length > 3);
  });

  test('are made and changed with one line of the log each', async () => {
    await using engine = await startEngine(database);
    const { caller } = await addAdmin(engine);
    const made = await engine.logged(() => createUser(engine.ctx, caller, input('ada', { password })));
    const { user } = unwrap(await createUser(engine.ctx, caller, input('bob')));
    const changed = await engine.logged(() => changeProfile(engine.ctx, caller, { user, changes: { name: 'Bob' } }));
    const line = { factor: null, outcome: 'success', reason: null, authModule: null };
    assert.deepEqual(changed, [{ ...line, action: 'user.update', userId: user.id, sessionId: caller.id }]);
    assert.deepEqual(
      made.map(({ action }) => action),
      ['user.create'],
    );
  });
});
