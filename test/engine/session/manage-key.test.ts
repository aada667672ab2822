import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { changeUserOf } from '../../../src/engine/directory/account-users.ts';
import { changeProfile, removeUser } from '../../../src/engine/directory/change-user.ts';
import { makeKey } from '../../../src/engine/enrollment/make-key.ts';
import { remove } from '../../../src/engine/enrollment/remove.ts';
import { findUser } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { startEngine, unwrap, type Person, type TestEngine } from '../../../kit/test-engine.ts';

/** An administrator, and the session of a key with `manage` that they made. */
async function addBoss(engine: TestEngine) {
  const boss = await engine.addPerson('boss', { roles: ['admin'] });
  const made = unwrap(await makeKey(engine.ctx, boss.caller, { user: boss.user, label: null, scope: 'manage' }));
  return { boss, byKey: await engine.enter('boss', String(made.offer['secret'])) };
}

const promote = (engine: TestEngine, { user }: Person) =>
  engine.ctx.store.db.updateTable('users').set({ roles: '["admin"]' }).where('id', '=', user.id).execute();

onEachDatabase('a key with manage', (on) => {
  test('meets a user who has become an administrator since they were read, and changes nothing', async () => {
    await using engine = await startEngine(on);
    const { byKey } = await addBoss(engine);
    const ada = await engine.addProtected('ada');
    const { user } = ada;
    await promote(engine, ada);
    const of = { user: { ...user, epoch: user.epoch + 1 }, authenticatorId: ada.id };
    assert.deepEqual(await remove(engine.ctx, byKey, of), refuse('unattended'));
    assert.deepEqual(await removeUser(engine.ctx, byKey, user), refuse('unattended'));
    // A promotion by an administrator is a new version of the user.
    await engine.ctx.store.db.updateTable('users').set({ version: 1 }).where('id', '=', user.id).execute();
    assert.deepEqual(await changeProfile(engine.ctx, byKey, { user, changes: {} }), refuse('raced'));
    const secret = 'a new password for ada';
    assert.deepEqual(await changeUserOf(engine.ctx, byKey, { user, changes: {}, secret }), refuse('raced'));
    assert.equal((await engine.caller(ada.token)).userId, user.id);
  });

  test('that is made by an administrator who was demoted meanwhile never works, nor one for them', async () => {
    await using engine = await startEngine(on);
    const [root, boss, peer] = [
      await engine.addPerson('root', { roles: ['admin'] }),
      await engine.addPerson('boss', { roles: ['admin'] }),
      await engine.addPerson('peer', { roles: ['admin'] }),
    ];
    const setRoles = async ({ user: { id } }: Person, ...roles: readonly ('admin' | 'user')[]) => {
      const user = (await findUser(engine.ctx.store, id)) ?? assert.fail();
      unwrap(await changeProfile(engine.ctx, root.caller, { user, changes: { roles } }));
    };
    for (const demoted of [boss, peer]) {
      await setRoles(demoted, 'user');
      const user = (await findUser(engine.ctx.store, peer.user.id)) ?? assert.fail();
      const given = { user: { ...user, roles: ['admin' as const] }, label: null, scope: 'manage' as const };
      const secret = String(unwrap(await makeKey(engine.ctx, boss.caller, given)).offer['secret']);
      assert.deepEqual(await engine.logIn('peer', secret), refuse('wrong'));
      await setRoles(demoted, 'admin');
      assert.deepEqual(await engine.logIn('peer', secret), refuse('wrong'));
    }
  });
});
