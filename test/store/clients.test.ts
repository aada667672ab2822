import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uuid } from '../../src/base/random.ts';
import { accessTokenLife } from '../../src/engine/policy/merge-policy.ts';
import {
  deleteClient,
  findClient,
  insertClient,
  listClients,
  updateClient,
  type OAuthClient,
} from '../../src/store/clients.ts';
import { findLiveSession } from '../../src/store/sessions.ts';
import { createSession } from '../../src/engine/session/create-session.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine, type TestEngine } from '../../kit/test-engine.ts';

const newClient = ({ ctx, root }: TestEngine, more: Partial<OAuthClient> = {}): OAuthClient => ({
  id: uuid(ctx.random, ctx.clock.now()),
  accountId: root,
  name: 'app',
  grantTypes: ['password', 'refresh_token'],
  scope: 'read write',
  createdAt: ctx.clock.now(),
  isPublic: false,
  ...more,
});

onEachDatabase('clients', (database) => {
  test('are read as they were written', async () => {
    await using built = await startEngine(database);
    const { store } = built.ctx;
    const [app, phone] = [newClient(built), newClient(built, { name: 'phone', isPublic: true, scope: '' })];
    await insertClient(store, app, 'a secret');
    await insertClient(store, phone, undefined);
    for (const written of [app, phone]) {
      const { proves: _, ...read } = (await findClient(store, written.id)) ?? assert.fail('it is not there');
      assert.deepEqual(read, written);
    }
    assert.equal(await findClient(store, uuid(built.ctx.random, 0)), undefined);
  });

  test('prove themselves with their own secret, and public ones with none', async () => {
    await using built = await startEngine(database);
    const { store } = built.ctx;
    const [one, other, phone] = [newClient(built), newClient(built), newClient(built, { isPublic: true })];
    await insertClient(store, one, 'the secret of one');
    await insertClient(store, other, 'the secret of another');
    await insertClient(store, phone, undefined);
    const proofs = async ({ id }: OAuthClient) => {
      const found = (await findClient(store, id)) ?? assert.fail('it is not there');
      return ['the secret of one', 'the secret of another', '', undefined].map((secret) => found.proves(secret));
    };
    assert.deepEqual(await proofs(one), [true, false, false, false]);
    assert.deepEqual(await proofs(other), [false, true, false, false]);
    assert.deepEqual(await proofs(phone), [false, false, false, true]);
  });

  test('are not proven by a secret that is missing, whatever theirs is', async () => {
    await using built = await startEngine(database);
    const { store } = built.ctx;
    const app = newClient(built);
    await insertClient(store, app, 'undefined');
    const found = (await findClient(store, app.id)) ?? assert.fail('it is not there');
    assert.deepEqual([found.proves('undefined'), found.proves(undefined)], [true, false]);
  });

  test('keep no secret that can be read', async () => {
    await using built = await startEngine(database);
    await insertClient(built.ctx.store, newClient(built), 'hunter2hunter2');
    const rows = await built.ctx.store.db.selectFrom('clients').selectAll().execute();
    assert.doesNotMatch(JSON.stringify(rows), /hunter2/);
  });

  test('are listed by account, the oldest first', async () => {
    await using built = await startEngine(database);
    const { store } = built.ctx;
    const branch = await built.addAccount('branch');
    const made: OAuthClient[] = [];
    for (const accountId of [built.root, branch, built.root]) {
      made.push(newClient(built, { accountId }));
      built.clock.tick(1);
    }
    for (const one of made.toReversed()) await insertClient(store, one, undefined);
    const ids = async (account: string) => (await listClients(store, account)).map(({ id }) => id);
    assert.deepEqual(await ids(built.root), [made[0]?.id, made[2]?.id]);
    assert.deepEqual(await ids(branch), [made[1]?.id]);
  });

  test('are changed in their name, grants and scope, and in nothing else', async () => {
    await using built = await startEngine(database);
    const { store } = built.ctx;
    const app = newClient(built);
    await insertClient(store, app, 'a secret');
    const changes = { name: 'another', grantTypes: ['password'], scope: '' };
    assert.deepEqual(await updateClient(store, app.id, changes), { ...app, ...changes });
    const { proves, ...read } = (await findClient(store, app.id)) ?? assert.fail('it is not there');
    assert.deepEqual([read, proves('a secret')], [{ ...app, ...changes }, true]);
    assert.equal(await updateClient(store, newClient(built).id, changes), undefined);
  });

  test('lose none of two changes at once', async () => {
    await using built = await startEngine(database);
    const { store } = built.ctx;
    const app = newClient(built);
    await insertClient(store, app, 'a secret');
    await Promise.all([updateClient(store, app.id, { name: 'another' }), updateClient(store, app.id, { scope: 'x' })]);
    const { name, scope } = (await findClient(store, app.id)) ?? assert.fail('it is not there');
    assert.deepEqual([name, scope], ['another', 'x']);
  });

  test('go once, and take their own sessions along and no others', async () => {
    await using built = await startEngine(database);
    const { ctx } = built;
    const [app, other] = [newClient(built), newClient(built)];
    await insertClient(ctx.store, app, 'a secret');
    await insertClient(ctx.store, other, 'a secret');
    const user = await built.addUser({ name: 'ada' });
    const policy = { tokenLife: accessTokenLife };
    const opening = { user, epoch: user.epoch, authModule: 'oauth2', amr: ['pwd'], secondKinds: [], policy };
    const now = ctx.clock.now();
    const open = async (client: OAuthClient) =>
      (
        await createSession(ctx, {
          ...opening,
          issuedTo: { client, scope: '' },
        })
      ).id;
    const [gone, stays] = [await open(app), await open(other)];
    assert.deepEqual([await deleteClient(ctx.store, app.id), await deleteClient(ctx.store, app.id)], [true, false]);
    assert.equal(await findLiveSession(ctx.store, gone, now), undefined);
    assert.equal((await findLiveSession(ctx.store, stays, now))?.clientId, other.id);
    const late = await open(app);
    assert.equal(await findLiveSession(ctx.store, late, now), undefined, 'a login that was under way');
  });
});
