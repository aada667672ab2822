import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { stepUpLife } from '../../../src/engine/session/step-up.ts';
import { changeProfile, removeUser } from '../../../src/engine/directory/change-user.ts';
import { createUser } from '../../../src/engine/directory/create-user.ts';
import { findUser } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house } from '../../../kit/house.ts';
import { input, password, addAdmin } from './users-help.ts';

onEachDatabase('users', (database) => {
  test('keep their names: nobody gets one that is taken, in whatever case', async () => {
    await using home = await house(database);
    const { caller } = await addAdmin(home);
    got(await createUser(home.ctx, caller, input('ada', { password })));
    assert.deepEqual(await createUser(home.ctx, caller, input('ＡDA', { password })), refuse('name_taken'));
    const { user } = got(await createUser(home.ctx, caller, input('bob')));
    const renamed = await changeProfile(home.ctx, caller, { user, changes: { name: 'Ada' } });
    assert.deepEqual(renamed, refuse('name_taken'));
    assert.equal((await findUser(home.ctx.store, user.id))?.name, 'bob');
  });

  test('change their profile: what is absent stays, null clears', async () => {
    await using home = await house(database);
    const { user, caller } = await home.addPerson('ada', {
      email: 'a@example.org',
      phone: '+12025550123',
      lastName: 'L',
    });
    home.clock.tick(1000);
    const changes = { name: 'Ada', email: null, phone: undefined, firstName: 'A' };
    const changed = got(await changeProfile(home.ctx, caller, { user, changes }));
    const { name, email, firstName } = changes;
    assert.deepEqual(changed, { ...user, name, email, firstName, updatedAt: home.clock.now(), version: 1 });
    const again = await changeProfile(home.ctx, caller, { user, changes: { name: 'Eve' } });
    assert.deepEqual(again, refuse('raced'));
  });

  test('do not give themselves roles, an administrator does', async () => {
    await using home = await house(database);
    const [ada, admin] = [await home.addPerson('ada'), await addAdmin(home)];
    const change = { user: ada.user, changes: { roles: ['admin' as const] } };
    assert.deepEqual(await changeProfile(home.ctx, ada.caller, change), refuse('forbidden'));
    assert.deepEqual(got(await changeProfile(home.ctx, admin.caller, change)).roles, ['admin']);
    assert.deepEqual((await home.caller(ada.token)).roles, ['admin']);
  });

  test('with a second factor change their profile, and are removed, only shortly after its proof', async () => {
    await using home = await house(database);
    const { user, token, caller } = await home.addProtected('ada');
    home.clock.tick(stepUpLife + 1);
    const stale = await home.caller(token);
    assert.deepEqual(await changeProfile(home.ctx, stale, { user, changes: {} }), refuse('step_up_required'));
    assert.deepEqual(await removeUser(home.ctx, stale, user), refuse('step_up_required'));
    const program = { ...caller, authModule: 'apikey' };
    assert.deepEqual(await changeProfile(home.ctx, program, { user, changes: {} }), refuse('step_up_required'));
    assert.deepEqual(await removeUser(home.ctx, program, user), refuse('step_up_required'));
  });

  test('are removed with everything they have, once, and the log stays', async () => {
    await using home = await house(database);
    const [ada, admin] = [await home.addProtected('ada'), await addAdmin(home)];
    await home.challenge(ada.name, ada.password);
    const lines = await home.logged(() => removeUser(home.ctx, admin.caller, ada.user));
    assert.deepEqual(await removeUser(home.ctx, admin.caller, ada.user), refuse('not_found'));
    assert.deepEqual(await authenticate(home.ctx, ada.token), refuse('invalid_token'));
    assert.deepEqual(await home.logIn(ada.name, ada.password), refuse('unknown_user'));
    const { db } = home.ctx.store;
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
    await using home = await house(database);
    const { caller } = await addAdmin(home);
    const made = await home.logged(() => createUser(home.ctx, caller, input('ada', { password })));
    const { user } = got(await createUser(home.ctx, caller, input('bob')));
    const changed = await home.logged(() => changeProfile(home.ctx, caller, { user, changes: { name: 'Bob' } }));
    const line = { factor: null, outcome: 'success', reason: null, authModule: null };
    assert.deepEqual(changed, [{ ...line, action: 'user.update', userId: user.id, sessionId: caller.id }]);
    assert.deepEqual(
      made.map(({ action }) => action),
      ['user.create'],
    );
  });
});
