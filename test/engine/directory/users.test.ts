import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { stepUpLife } from '../../../src/engine/session/step-up.ts';
import { browseAuthenticators, browseUsers, reachUser } from '../../../src/engine/directory/reach-user.ts';
import { changeProfile, removeUser } from '../../../src/engine/directory/change-user.ts';
import { createUser, type NewUser } from '../../../src/engine/directory/create-user.ts';
import { findUser } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house, type House } from '../../../kit/house.ts';

const input = (name: string, more: Partial<NewUser> = {}): NewUser => ({
  name,
  email: null,
  phone: null,
  firstName: null,
  lastName: null,
  roles: ['user'],
  ...more,
});

const password = 'a good password';

const addAdmin = (home: House, account?: string) =>
  home.addPerson('admin', { roles: ['admin'], ...(account !== undefined && { account }) });

onEachDatabase('users', (database) => {
  test('are made by an administrator, in their own account and with the roles that they say', async () => {
    await using home = await house(database);
    const { caller } = await addAdmin(home);
    const wish = input('ada', {
      email: 'ada@example.org',
      phone: '+12025550123',
      firstName: 'Ada',
      roles: ['service'],
    });
    const { user, token } = got(await createUser(home.ctx, caller, { ...wish, password }));
    assert.equal(token, undefined);
    assert.deepEqual(user, {
      ...wish,
      id: user.id,
      accountId: home.root,
      verified: false,
      serviceId: null,
      epoch: 0,
      createdAt: home.clock.now(),
      updatedAt: home.clock.now(),
      version: 0,
    });
    assert.equal((await home.enter('ada@example.org', password)).userId, user.id);
  });

  test('may be made without a password by an administrator', async () => {
    await using home = await house(database);
    const { caller } = await addAdmin(home);
    got(await createUser(home.ctx, caller, input('ada')));
    assert.deepEqual(await home.logIn('ada', password), refuse('no_authenticator'));
  });

  test('are not made in an account that is not the administrator’s', async () => {
    await using home = await house(database);
    const branch = await home.addAccount('branch');
    const [root, other] = [await addAdmin(home), await addAdmin(home, branch)];
    for (const [{ caller }, account] of [
      [root, branch],
      [root, 'branch'],
      [other, 'root'],
      [root, 'nowhere'],
    ] as const) {
      assert.deepEqual(await createUser(home.ctx, caller, input('ada', { account })), refuse('unknown_account'));
    }
    const { user } = got(await createUser(home.ctx, other.caller, input('ada')));
    assert.equal(user.accountId, branch);
    assert.equal((await createUser(home.ctx, other.caller, input('bob', { account: 'branch' }))).ok, true);
  });

  test('do not make themselves where registration is closed, and users make no others', async () => {
    await using home = await house(database);
    const { caller } = await home.addPerson('bob', { roles: ['user', 'service'] });
    const wish = input('ada', { password });
    assert.deepEqual(await createUser(home.ctx, undefined, wish), refuse('registration_closed'));
    assert.deepEqual(await createUser(home.ctx, caller, wish), refuse('forbidden'));
    assert.equal((await home.logIn('ada', password)).ok, false);
  });

  test('make themselves where registration is open, with a session and with no rights', async () => {
    await using home = await house(database, { settings: { registration: 'open' } });
    const wish = input('ada', { password, roles: ['admin', 'service'] });
    const { user, token } = got(await createUser(home.ctx, undefined, wish));
    assert.deepEqual(user.roles, ['user']);
    const caller = await home.caller(token ?? '');
    assert.deepEqual(
      [caller.userId, caller.amr, caller.secondFactorAt, caller.roles],
      [user.id, ['pwd'], null, ['user']],
    );
    assert.deepEqual(await createUser(home.ctx, undefined, input('eve')), refuse('password_needed'));
    const nowhere = input('eve', { password, account: 'nowhere' });
    assert.deepEqual(await createUser(home.ctx, undefined, nowhere), refuse('unknown_account'));
  });

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

  test('are not made with a password that is refused', async () => {
    await using home = await house(database);
    const { caller } = await addAdmin(home);
    const common = await createUser(home.ctx, caller, input('ada', { password: 'password1' }));
    assert.deepEqual(common, refuse('password_too_common'));
    const name = await createUser(home.ctx, caller, input('ada lovelace', { password: 'Ada Lovelace' }));
    assert.deepEqual(name, refuse('password_is_name'));
    assert.equal((await createUser(home.ctx, caller, input('ada'))).ok, true);
  });

  test('of one name, made on two nodes at once, are one', async () => {
    await using home = await house(database);
    const other = await home.node();
    const { caller } = await addAdmin(home);
    const both = await Promise.all([home, other].map(({ ctx }) => createUser(ctx, caller, input('ada', { password }))));
    assert.equal(both.filter(({ ok }) => ok).length, 1);
    assert.deepEqual(
      both.find(({ ok }) => !ok),
      refuse('name_taken'),
    );
  });

  test('reach themselves, and administrators everybody in their account', async () => {
    await using home = await house(database);
    const branch = await home.addAccount('branch');
    const [ada, admin] = [await home.addPerson('ada'), await addAdmin(home)];
    const far = await home.addPerson('far', { account: branch });
    for (const id of ['me', ada.user.id]) assert.equal(got(await reachUser(home.ctx, ada.caller, id)).id, ada.user.id);
    assert.equal(got(await reachUser(home.ctx, admin.caller, ada.user.id)).id, ada.user.id);
    assert.equal(got(await reachUser(home.ctx, admin.caller, 'me')).id, admin.user.id);
    for (const [caller, id] of [
      [ada.caller, admin.user.id],
      [admin.caller, far.user.id],
      [admin.caller, 'nobody'],
    ] as const) {
      assert.deepEqual(await reachUser(home.ctx, caller, id), refuse('not_found'));
    }
  });

  test('of an account are listed for its administrators', async () => {
    await using home = await house(database);
    const [ada, admin] = [await home.addPerson('ada'), await addAdmin(home)];
    await home.addPerson('far', { account: await home.addAccount('branch') });
    const listed = got(await browseUsers(home.ctx, admin.caller, { limit: 10, skip: 0 }));
    assert.deepEqual(listed.map(({ name }) => name).toSorted(), ['ada', 'admin']);
    assert.equal(got(await browseUsers(home.ctx, admin.caller, { limit: 1, skip: 1 })).length, 1);
    assert.deepEqual(await browseUsers(home.ctx, ada.caller, { limit: 10, skip: 0 }), refuse('forbidden'));
  });

  test('have their authenticators listed, pending ones while they last', async () => {
    await using home = await house(database);
    const { user, caller } = await home.addPerson('ada');
    got(await enroll(home.ctx, caller, { kind: 'totp', label: null, input: {} }));
    assert.equal((await browseAuthenticators(home.ctx, user)).length, 2);
    home.clock.tick(600_000);
    assert.equal((await browseAuthenticators(home.ctx, user)).length, 1);
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
