import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { createUser } from '../../../src/engine/directory/create-user.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine } from '../../../kit/test-engine.ts';
import { input, password, addAdmin } from './users-help.ts';

onEachDatabase('users', (database) => {
  test('are made by an administrator, in their own account and with the roles that they say', async () => {
    await using engine = await startEngine(database);
    const { caller } = await addAdmin(engine);
    const wish = input('ada', {
      email: 'ada@example.org',
      phone: '+12025550123',
      firstName: 'Ada',
      roles: ['service'],
    });
    const { user, token } = unwrap(await createUser(engine.ctx, caller, { ...wish, password }));
    assert.equal(token, undefined);
    assert.deepEqual(user, {
      ...wish,
      id: user.id,
      accountId: engine.root,
      enabled: true,
      isActive: true,
      verified: false,
      serviceId: null,
      epoch: 0,
      createdAt: engine.clock.now(),
      updatedAt: engine.clock.now(),
      version: 0,
    });
    assert.equal((await engine.enter('ada@example.org', password)).userId, user.id);
  });

  test('may be made without a password by an administrator', async () => {
    await using engine = await startEngine(database);
    const { caller } = await addAdmin(engine);
    unwrap(await createUser(engine.ctx, caller, input('ada')));
    assert.deepEqual(await engine.logIn('ada', password), refuse('no_authenticator'));
  });

  test('are not made in an account that is not the administrator’s', async () => {
    await using engine = await startEngine(database);
    const branch = await engine.addAccount('branch');
    const [root, other] = [await addAdmin(engine), await addAdmin(engine, branch)];
    for (const [{ caller }, account] of [
      [root, branch],
      [root, 'branch'],
      [other, 'root'],
      [root, 'nowhere'],
    ] as const) {
      assert.deepEqual(await createUser(engine.ctx, caller, input('ada', { account })), refuse('unknown_account'));
    }
    const { user } = unwrap(await createUser(engine.ctx, other.caller, input('ada')));
    assert.equal(user.accountId, branch);
    assert.equal((await createUser(engine.ctx, other.caller, input('bob', { account: 'branch' }))).ok, true);
  });

  test('do not make themselves where registration is closed, and users make no others', async () => {
    await using engine = await startEngine(database);
    const { caller } = await engine.addPerson('bob', { roles: ['service'] });
    const wish = input('ada', { password });
    assert.deepEqual(await createUser(engine.ctx, undefined, wish), refuse('registration_closed'));
    assert.deepEqual(await createUser(engine.ctx, caller, wish), refuse('forbidden'));
    assert.equal((await engine.logIn('ada', password)).ok, false);
  });

  test('make themselves where registration is open, with a session and with no rights', async () => {
    await using engine = await startEngine(database, { settings: { registration: 'open' } });
    const wish = input('ada', { password, roles: ['admin', 'service'] });
    const { user, token } = unwrap(await createUser(engine.ctx, undefined, wish));
    assert.deepEqual(user.roles, ['user']);
    const caller = await engine.caller(token ?? '');
    assert.deepEqual(
      [caller.userId, caller.amr, caller.secondFactorAt, caller.roles],
      [user.id, ['pwd'], null, ['user']],
    );
    assert.deepEqual(await createUser(engine.ctx, undefined, input('eve')), refuse('password_needed'));
    const nowhere = input('eve', { password, account: 'nowhere' });
    assert.deepEqual(await createUser(engine.ctx, undefined, nowhere), refuse('unknown_account'));
  });

  test('are not made with a password that is refused', async () => {
    await using engine = await startEngine(database);
    const { caller } = await addAdmin(engine);
    const common = await createUser(engine.ctx, caller, input('ada', { password: 'password1' }));
    assert.deepEqual(common, refuse('password_too_common'));
    const name = await createUser(engine.ctx, caller, input('ada lovelace', { password: 'Ada Lovelace' }));
    assert.deepEqual(name, refuse('password_is_name'));
    assert.equal((await createUser(engine.ctx, caller, input('ada'))).ok, true);
  });

  test('of one name, made on two nodes at once, are one', async () => {
    await using engine = await startEngine(database);
    const other = await engine.node();
    const { caller } = await addAdmin(engine);
    const both = await Promise.all(
      [engine, other].map(({ ctx }) => createUser(ctx, caller, input('ada', { password }))),
    );
    assert.equal(both.filter(({ ok }) => ok).length, 1);
    assert.deepEqual(
      both.find(({ ok }) => !ok),
      refuse('name_taken'),
    );
  });
});
