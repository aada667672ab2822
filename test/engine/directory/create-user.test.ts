import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { createUser } from '../../../src/engine/directory/create-user.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house } from '../../../kit/house.ts';
import { input, password, addAdmin } from './users-help.ts';

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
});
