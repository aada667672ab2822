import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SetupError } from '../../../src/base/fault.ts';
import { operator, requestContext } from '../../../src/engine/context.ts';
import { prepareRoot } from '../../../src/engine/operator/prepare-root.ts';
import { findAccount } from '../../../src/store/accounts.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { startEngine, type TestEngine } from '../../../kit/test-engine.ts';

/** As a database is before its first start. */
const forgetRoot = async ({ ctx }: TestEngine) => void (await ctx.store.db.deleteFrom('accounts').execute());

onEachDatabase('the first start', (database) => {
  test('makes the root account and in it an administrator, whose password is told once', async () => {
    await using engine = await startEngine(database);
    await forgetRoot(engine);
    const { generatedPassword = '' } = await prepareRoot(engine.ctx, { username: 'admin' });
    assert.ok(generatedPassword.length >= 15);
    const caller = await engine.enter('ADMIN', generatedPassword);
    assert.deepEqual(caller.roles, ['admin']);
    const root = await findAccount(engine.ctx.store, 'root');
    const { id, parentId, name } = root ?? assert.fail('there is no root');
    assert.deepEqual([id, parentId, name], [caller.accountId, null, 'root']);
    assert.match(caller.accountId, /^[0-9a-f]{32}$/);
  });

  test('takes the password that is given and tells nothing', async () => {
    await using engine = await startEngine(database);
    await forgetRoot(engine);
    assert.deepEqual(await prepareRoot(engine.ctx, { username: 'chief', password: 'a given password' }), {});
    assert.ok(await engine.enter('chief', 'a given password'));
  });

  test('happens once: later ones change nothing, whatever they are given', async () => {
    await using engine = await startEngine(database);
    await forgetRoot(engine);
    const { generatedPassword = '' } = await prepareRoot(engine.ctx, { username: 'admin' });
    assert.deepEqual(await prepareRoot(engine.ctx, { username: 'admin', password: 'another password' }), {});
    assert.deepEqual(await prepareRoot(engine.ctx, { username: 'chief' }), {});
    assert.ok(await engine.enter('admin', generatedPassword));
    assert.equal((await engine.ctx.store.db.selectFrom('users').select('id').execute()).length, 1);
  });

  test('does not happen again when the root account has another name', async () => {
    await using engine = await startEngine(database);
    await forgetRoot(engine);
    await prepareRoot(engine.ctx, { username: 'admin' });
    await engine.ctx.store.db.updateTable('accounts').set({ name: 'head', name_key: 'head' }).execute();
    assert.deepEqual(await prepareRoot(engine.ctx, { username: 'chief' }), {});
    assert.equal((await engine.ctx.store.db.selectFrom('accounts').select('id').execute()).length, 1);
  });

  test('of several nodes at once happens on one, and its password is the one that works', async () => {
    await using engine = await startEngine(database);
    await forgetRoot(engine);
    const nodes = [engine, await engine.node(), await engine.node()];
    const made = await Promise.all(nodes.map(({ ctx }) => prepareRoot(ctx, { username: 'admin' })));
    const passwords = made.flatMap(({ generatedPassword }) => generatedPassword ?? []);
    assert.equal(passwords.length, 1);
    assert.ok(await engine.enter('admin', passwords[0] ?? ''));
    assert.equal((await engine.ctx.store.db.selectFrom('accounts').select('id').execute()).length, 1);
  });

  test('stops with a sentence when the given password is refused, and leaves nothing', async () => {
    await using engine = await startEngine(database);
    await forgetRoot(engine);
    const says = (word: RegExp) => (error: unknown) => error instanceof SetupError && word.test(error.message);
    await assert.rejects(
      prepareRoot(engine.ctx, { username: 'admin', password: 'password1' }),
      says(/password_too_common/),
    );
    await assert.rejects(prepareRoot(engine.ctx, { username: 'administrator', password: 'Administrator' }), SetupError);
    assert.deepEqual(await engine.ctx.store.db.selectFrom('accounts').select('id').execute(), []);
  });

  test('is one line of the log, by nobody from nowhere', async () => {
    await using engine = await startEngine(database);
    await forgetRoot(engine);
    await prepareRoot(requestContext(engine.ctx, operator), { username: 'admin' });
    const rows = await engine.ctx.store.db.selectFrom('attempts').selectAll().execute();
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
