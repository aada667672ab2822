import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { browseAuthenticators, browseUsers, reachUser } from '../../../src/engine/directory/reach-user.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine } from '../../../kit/test-engine.ts';
import { addAdmin } from './users-help.ts';

onEachDatabase('users', (database) => {
  test('reach themselves, and administrators everybody in their account and below it', async () => {
    await using engine = await startEngine(database);
    const branch = await engine.addAccount('branch');
    const [ada, admin] = [await engine.addPerson('ada'), await addAdmin(engine)];
    const far = await engine.addPerson('far', { account: branch });
    for (const id of ['me', ada.user.id])
      assert.equal(unwrap(await reachUser(engine.ctx, ada.caller, id)).id, ada.user.id);
    assert.equal(unwrap(await reachUser(engine.ctx, admin.caller, ada.user.id)).id, ada.user.id);
    assert.equal(unwrap(await reachUser(engine.ctx, admin.caller, 'me')).id, admin.user.id);
    assert.equal(unwrap(await reachUser(engine.ctx, admin.caller, far.user.id)).id, far.user.id);
    const below = await addAdmin(engine, branch);
    for (const [caller, id] of [
      [ada.caller, admin.user.id],
      [below.caller, ada.user.id],
      [admin.caller, 'nobody'],
    ] as const) {
      assert.deepEqual(await reachUser(engine.ctx, caller, id), refuse('not_found'));
    }
  });

  test('of an account are listed for its administrators', async () => {
    await using engine = await startEngine(database);
    const [ada, admin] = [await engine.addPerson('ada'), await addAdmin(engine)];
    await engine.addPerson('far', { account: await engine.addAccount('branch') });
    const listed = unwrap(await browseUsers(engine.ctx, admin.caller, { limit: 10, skip: 0 }));
    assert.deepEqual(listed.map(({ name }) => name).toSorted(), ['ada', 'admin']);
    assert.equal(unwrap(await browseUsers(engine.ctx, admin.caller, { limit: 1, skip: 1 })).length, 1);
    assert.deepEqual(await browseUsers(engine.ctx, ada.caller, { limit: 10, skip: 0 }), refuse('forbidden'));
  });

  test('have their authenticators listed, pending ones while they last', async () => {
    await using engine = await startEngine(database);
    const { user, caller } = await engine.addPerson('ada');
    unwrap(await enroll(engine.ctx, caller, { kind: 'totp', label: null, input: {} }));
    assert.equal((await browseAuthenticators(engine.ctx, user)).length, 2);
    engine.clock.tick(600_000);
    assert.equal((await browseAuthenticators(engine.ctx, user)).length, 1);
  });
});
