import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, success } from '../../../src/base/outcome.ts';
import { changeFactors } from '../../../src/engine/enrollment/change-factors.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { endSession } from '../../../src/engine/session/list-sessions.ts';
import { removeKinds } from '../../../src/store/authenticators.ts';
import { findUser } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house, type House, type Person } from '../../../kit/house.ts';

const tried = { action: 'test' };

/** Takes the password away, and says what happened to everything around it. */
async function change({ ctx }: House, { user, caller }: Partial<Person> & Pick<Person, 'user'>, refused = false) {
  return changeFactors(ctx, { user, caller, tried, notice: { name: 'mfa_disabled' } }, async (tx) => {
    await removeKinds(tx.store, user.id, ['password']);
    return refused ? refuse('too_many') : success('done');
  });
}

const left = async ({ ctx }: House, { user }: Person) => ({
  epoch: (await findUser(ctx.store, user.id))?.epoch,
  passwords: (await ctx.store.db.selectFrom('authenticators').select('id').where('user_id', '=', user.id).execute())
    .length,
});

onEachDatabase('a change to factors', (database) => {
  test('is written, moves the epoch on, keeps its session and ends the others', async () => {
    await using home = await house(database);
    const ada = await home.addPerson('ada');
    const other = await home.signIn(ada.name, ada.password);
    assert.deepEqual(await change(home, ada), success('done'));
    assert.deepEqual(await left(home, ada), { epoch: 1, passwords: 0 });
    assert.equal((await home.caller(ada.token)).id, ada.caller.id);
    assert.deepEqual(await authenticate(home.ctx, other), refuse('invalid_token'));
  });

  test('without a session ends them all', async () => {
    await using home = await house(database);
    const ada = await home.addPerson('ada');
    got(await change(home, { user: ada.user }));
    assert.deepEqual(await authenticate(home.ctx, ada.token), refuse('invalid_token'));
  });

  test("through somebody else's session keeps that one as it is", async () => {
    await using home = await house(database);
    const [ada, eve] = [await home.addPerson('ada'), await home.addPerson('eve')];
    got(await change(home, { user: ada.user, caller: eve.caller }));
    assert.deepEqual(await home.caller(eve.token), eve.caller);
    assert.deepEqual(await authenticate(home.ctx, ada.token), refuse('invalid_token'));
  });

  test('that is refused in the middle leaves everything as it was', async () => {
    await using home = await house(database);
    const ada = await home.addPerson('ada');
    const lines = await home.logged(async () => assert.deepEqual(await change(home, ada, true), refuse('too_many')));
    assert.deepEqual(await left(home, ada), { epoch: 0, passwords: 1 });
    assert.deepEqual(await home.caller(ada.token), ada.caller);
    assert.deepEqual(lines, []);
  });

  test('from an epoch that is over is refused and leaves everything as it was', async () => {
    await using home = await house(database);
    const ada = await home.addPerson('ada');
    const late = { ...ada, user: { ...ada.user, epoch: 1 } };
    assert.deepEqual(await change(home, late), refuse('raced'));
    assert.deepEqual(await change(home, { user: late.user }), refuse('raced'));
    assert.deepEqual(await left(home, ada), { epoch: 0, passwords: 1 });
  });

  test('through a session that has ended is refused and leaves everything as it was', async () => {
    await using home = await house(database);
    const ada = await home.addPerson('ada');
    got(await endSession(home.ctx, ada.caller, ada.caller.id));
    assert.deepEqual(await change(home, ada), refuse('raced'));
    assert.deepEqual(await left(home, ada), { epoch: 0, passwords: 1 });
  });
});
