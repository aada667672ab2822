import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SetupError } from '../../../src/base/fault.ts';
import { operator, requestContext } from '../../../src/engine/context.ts';
import { prepareRoot } from '../../../src/engine/operator/prepare-root.ts';
import { findAccount } from '../../../src/store/accounts.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { house, type House } from '../../../kit/house.ts';

/** As a database is before its first start. */
const forgetRoot = async ({ ctx }: House) => void (await ctx.store.db.deleteFrom('accounts').execute());

onEachDatabase('the first start', (database) => {
  test('makes the root account and in it an administrator, whose password is told once', async () => {
    await using home = await house(database);
    await forgetRoot(home);
    const { madePassword = '' } = await prepareRoot(home.ctx, { username: 'admin' });
    assert.ok(madePassword.length >= 15);
    const caller = await home.enter('ADMIN', madePassword);
    assert.deepEqual(caller.roles, ['admin']);
    const root = await findAccount(home.ctx.store, 'root');
    const { id, parentId, name } = root ?? assert.fail('there is no root');
    assert.deepEqual([id, parentId, name], [caller.accountId, null, 'root']);
    assert.match(caller.accountId, /^[0-9a-f]{32}$/);
  });

  test('takes the password that is given and tells nothing', async () => {
    await using home = await house(database);
    await forgetRoot(home);
    assert.deepEqual(await prepareRoot(home.ctx, { username: 'chief', password: 'a given password' }), {});
    assert.ok(await home.enter('chief', 'a given password'));
  });

  test('happens once: later ones change nothing, whatever they are given', async () => {
    await using home = await house(database);
    await forgetRoot(home);
    const { madePassword = '' } = await prepareRoot(home.ctx, { username: 'admin' });
    assert.deepEqual(await prepareRoot(home.ctx, { username: 'admin', password: 'another password' }), {});
    assert.deepEqual(await prepareRoot(home.ctx, { username: 'chief' }), {});
    assert.ok(await home.enter('admin', madePassword));
    assert.equal((await home.ctx.store.db.selectFrom('users').select('id').execute()).length, 1);
  });

  test('does not happen again when the root account has another name', async () => {
    await using home = await house(database);
    await forgetRoot(home);
    await prepareRoot(home.ctx, { username: 'admin' });
    await home.ctx.store.db.updateTable('accounts').set({ name: 'head', name_key: 'head' }).execute();
    assert.deepEqual(await prepareRoot(home.ctx, { username: 'chief' }), {});
    assert.equal((await home.ctx.store.db.selectFrom('accounts').select('id').execute()).length, 1);
  });

  test('of several nodes at once happens on one, and its password is the one that works', async () => {
    await using home = await house(database);
    await forgetRoot(home);
    const nodes = [home, await home.node(), await home.node()];
    const made = await Promise.all(nodes.map(({ ctx }) => prepareRoot(ctx, { username: 'admin' })));
    const passwords = made.flatMap(({ madePassword }) => madePassword ?? []);
    assert.equal(passwords.length, 1);
    assert.ok(await home.enter('admin', passwords[0] ?? ''));
    assert.equal((await home.ctx.store.db.selectFrom('accounts').select('id').execute()).length, 1);
  });

  test('stops with a sentence when the given password is refused, and leaves nothing', async () => {
    await using home = await house(database);
    await forgetRoot(home);
    const says = (word: RegExp) => (error: unknown) => error instanceof SetupError && word.test(error.message);
    await assert.rejects(
      prepareRoot(home.ctx, { username: 'admin', password: 'password1' }),
      says(/password_too_common/),
    );
    await assert.rejects(prepareRoot(home.ctx, { username: 'administrator', password: 'Administrator' }), SetupError);
    assert.deepEqual(await home.ctx.store.db.selectFrom('accounts').select('id').execute(), []);
  });

  test('is one line of the log, by nobody from nowhere', async () => {
    await using home = await house(database);
    await forgetRoot(home);
    await prepareRoot(requestContext(home.ctx, operator), { username: 'admin' });
    const rows = await home.ctx.store.db.selectFrom('attempts').selectAll().execute();
    assert.deepEqual(
      rows.map(({ action, outcome, client_ip: ip, user_agent: agent, request_id: request }) => [
        action,
        outcome,
        ip,
        agent,
        request,
      ]),
      [['user.create', 'success', null, null, null]],
    );
  });
});
