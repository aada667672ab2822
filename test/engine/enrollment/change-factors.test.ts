import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, success } from '../../../src/base/outcome.ts';
import { changeFactors } from '../../../src/engine/enrollment/change-factors.ts';
import { authenticate } from '../../../src/engine/session/authenticate.ts';
import { endSession } from '../../../src/engine/session/list-sessions.ts';
import { removeKinds } from '../../../src/store/authenticators.ts';
import { findUser } from '../../../src/store/users.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine, type TestEngine, type Person } from '../../../kit/test-engine.ts';

const facts = { action: 'test' };

/** Takes the password away, and says what happened to everything around it. */
async function change({ ctx }: TestEngine, { user, caller }: Partial<Person> & Pick<Person, 'user'>, refused = false) {
  return changeFactors(ctx, { user, caller, facts, notice: { name: 'mfa_disabled' } }, async (tx) => {
    await removeKinds(tx.store, user.id, ['password']);
    return refused ? refuse('too_many') : success('done');
  });
}

const left = async ({ ctx }: TestEngine, { user }: Person) => ({
  epoch: (await findUser(ctx.store, user.id))?.epoch,
  passwords: (await ctx.store.db.selectFrom('authenticators').select('id').where('user_id', '=', user.id).execute())
    .length,
});

onEachDatabase('a change to factors', (database) => {
  test('is written, moves the epoch on, keeps its session and ends the others', async () => {
    await using engine = await startEngine(database);
    const ada = await engine.addPerson('ada');
    const other = await engine.signIn(ada.name, ada.password);
    assert.deepEqual(await change(engine, ada), success('done'));
    assert.deepEqual(await left(engine, ada), { epoch: 1, passwords: 0 });
    assert.equal((await engine.caller(ada.token)).id, ada.caller.id);
    assert.deepEqual(await authenticate(engine.ctx, other), refuse('invalid_token'));
  });

  test('without a session ends them all', async () => {
    await using engine = await startEngine(database);
    const ada = await engine.addPerson('ada');
    unwrap(await change(engine, { user: ada.user }));
    assert.deepEqual(await authenticate(engine.ctx, ada.token), refuse('invalid_token'));
  });

  test("through somebody else's session keeps that one as it is", async () => {
    await using engine = await startEngine(database);
    const [ada, eve] = [await engine.addPerson('ada'), await engine.addPerson('eve')];
    unwrap(await change(engine, { user: ada.user, caller: eve.caller }));
    assert.deepEqual(await engine.caller(eve.token), eve.caller);
    assert.deepEqual(await authenticate(engine.ctx, ada.token), refuse('invalid_token'));
  });

  test('that is refused in the middle leaves everything as it was', async () => {
    await using engine = await startEngine(database);
    const ada = await engine.addPerson('ada');
    const lines = await engine.logged(async () =>
      assert.deepEqual(await change(engine, ada, true), refuse('too_many')),
    );
    assert.deepEqual(await left(engine, ada), { epoch: 0, passwords: 1 });
    assert.deepEqual(await engine.caller(ada.token), ada.caller);
    assert.deepEqual(lines, []);
  });

  test('from an epoch that is over is refused and leaves everything as it was', async () => {
    await using engine = await startEngine(database);
    const ada = await engine.addPerson('ada');
    const late = { ...ada, user: { ...ada.user, epoch: 1 } };
    assert.deepEqual(await change(engine, late), refuse('raced'));
    assert.deepEqual(await change(engine, { user: late.user }), refuse('raced'));
    assert.deepEqual(await left(engine, ada), { epoch: 0, passwords: 1 });
  });

  test('through a session that has ended is refused and leaves everything as it was', async () => {
    await using engine = await startEngine(database);
    const ada = await engine.addPerson('ada');
    unwrap(await endSession(engine.ctx, ada.caller, ada.caller.id));
    assert.deepEqual(await change(engine, ada), refuse('raced'));
    assert.deepEqual(await left(engine, ada), { epoch: 0, passwords: 1 });
  });
});
