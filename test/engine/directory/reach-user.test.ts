import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../src/base/outcome.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { browseAuthenticators, browseUsers, reachUser } from '../../../src/engine/directory/reach-user.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house } from '../../../kit/house.ts';
import { addAdmin } from './users-help.ts';

onEachDatabase('users', (database) => {
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
});
