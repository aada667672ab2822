import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addClient,
  browseClients,
  changeClient,
  clientsOf,
  dropClient,
  makeClient,
  managedAccount,
  proveClient,
  reachClient,
  removeClient,
} from '../../../src/engine/operations.ts';
import { listAttempts } from '../../../src/store/attempts.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { client as from, unwrap, startEngine } from '../../../kit/test-engine.ts';

const app = { name: 'app', grantTypes: ['password'], scope: 'read', isPublic: false } as const;
const nobody = '00000000-0000-0000-0000-000000000000';

onEachDatabase('clients', (database) => {
  test('get a secret of 256 bits, with which alone they prove themselves', async () => {
    await using built = await startEngine(database);
    const [one, other] = [
      await makeClient(built.ctx, undefined, { ...app, accountId: built.root }),
      await makeClient(built.ctx, undefined, { ...app, accountId: built.root }),
    ];
    assert.match(one.secret ?? '', /^[\w-]{43}$/);
    assert.notEqual(one.secret, other.secret);
    const { id } = one.client;
    assert.equal(unwrap(await proveClient(built.ctx, { id, secret: one.secret })).id, id);
    for (const secret of [other.secret, undefined, '', `${one.secret}x`]) {
      assert.deepEqual(await proveClient(built.ctx, { id, secret }), { ok: false, reason: 'invalid_client' });
    }
    const wrong = await proveClient(built.ctx, { id: nobody, secret: one.secret });
    assert.deepEqual(wrong, { ok: false, reason: 'invalid_client' });
  });

  test('that are public have no secret, and a secret proves nothing', async () => {
    await using built = await startEngine(database);
    const { client, secret } = await makeClient(built.ctx, undefined, {
      accountId: built.root,
      ...app,
      isPublic: true,
    });
    assert.equal(secret, undefined);
    assert.equal(unwrap(await proveClient(built.ctx, { id: client.id, secret: undefined })).id, client.id);
    const wrong = await proveClient(built.ctx, { id: client.id, secret: '' });
    assert.deepEqual(wrong, { ok: false, reason: 'invalid_client' });
  });

  test('are managed by administrators of their account or one above it', async () => {
    await using built = await startEngine(database);
    const branch = await built.addAccount('branch');
    const admin = await built.addPerson('ada', { roles: ['admin'] });
    const { client: own } = await makeClient(built.ctx, undefined, {
      ...app,
      accountId: built.root,
    });
    const { client: others } = await makeClient(built.ctx, undefined, {
      ...app,
      accountId: branch,
    });
    assert.equal(unwrap(managedAccount(admin.caller)), built.root);
    assert.deepEqual(
      unwrap(await browseClients(built.ctx, admin.caller)).map(({ id }) => id),
      [own.id],
    );
    assert.equal(unwrap(await reachClient(built.ctx, admin.caller, own.id)).id, own.id);
    assert.equal(unwrap(await reachClient(built.ctx, admin.caller, others.id)).id, others.id);
    const below = await built.addPerson('bea', { roles: ['admin'], account: branch });
    for (const [{ caller }, id] of [
      [admin, nobody],
      [below, own.id],
    ] as const) {
      assert.deepEqual(await reachClient(built.ctx, caller, id), { ok: false, reason: 'not_found' });
    }
    for (const roles of [['user'], ['service']] as const) {
      const { caller } = await built.addPerson(`somebody of role ${roles[0]}`, { roles });
      const refused = { ok: false, reason: 'forbidden' };
      assert.deepEqual(managedAccount(caller), refused);
      assert.deepEqual(await browseClients(built.ctx, caller), refused);
      assert.deepEqual(await reachClient(built.ctx, caller, own.id), refused);
    }
  });

  test('are changed member by member, and keep their secret', async () => {
    await using built = await startEngine(database);
    const { client, secret } = await makeClient(built.ctx, undefined, {
      ...app,
      accountId: built.root,
    });
    const renamed = unwrap(await changeClient(built.ctx, undefined, { client: client, changes: { name: 'other' } }));
    assert.deepEqual(renamed, { ...client, name: 'other' });
    const changed = unwrap(
      await changeClient(built.ctx, undefined, {
        client: renamed,
        changes: { grantTypes: ['refresh_token'], scope: '' },
      }),
    );
    assert.deepEqual(changed, { ...renamed, grantTypes: ['refresh_token'], scope: '' });
    assert.equal(unwrap(await proveClient(built.ctx, { id: client.id, secret })).name, 'other');
  });

  test('that are gone are neither changed, removed nor proven', async () => {
    await using built = await startEngine(database);
    const { client, secret } = await makeClient(built.ctx, undefined, {
      ...app,
      accountId: built.root,
    });
    unwrap(await removeClient(built.ctx, undefined, client));
    const gone = { ok: false, reason: 'not_found' };
    assert.deepEqual(await removeClient(built.ctx, undefined, client), gone);
    assert.deepEqual(await changeClient(built.ctx, undefined, { client: client, changes: { name: 'other' } }), gone);
    assert.deepEqual(await dropClient(built.ctx, client.id), gone);
    const wrong = await proveClient(built.ctx, { id: client.id, secret });
    assert.deepEqual(wrong, { ok: false, reason: 'invalid_client' });
  });

  test('are made, changed and removed on the record, with who did it and from where', async () => {
    await using built = await startEngine(database);
    const { ctx } = built;
    const admin = await built.addPerson('ada', { roles: ['admin'] });
    const { client } = await makeClient(ctx, admin.caller, { ...app, accountId: built.root });
    unwrap(await changeClient(ctx, admin.caller, { client, changes: { name: 'other' } }));
    unwrap(await removeClient(ctx, admin.caller, client));
    const attempts = (await listAttempts(ctx.store, admin.caller.userId, 10)).filter(({ action }) =>
      action.startsWith('client.'),
    );
    assert.deepEqual(
      attempts.map(({ action, outcome, accountId, clientIp }) => [action, outcome, accountId, clientIp]),
      ['remove', 'change', 'make'].map((verb) => [`client.${verb}`, 'success', built.root, from.ip]),
    );
  });

  test('are made, listed and removed by the operator, in any account', async () => {
    await using built = await startEngine(database);
    const branch = await built.addAccount('branch');
    const { client } = unwrap(await addClient(built.ctx, { ...app, account: 'Branch' }));
    assert.equal(client.accountId, branch);
    assert.equal(unwrap(await addClient(built.ctx, app)).client.accountId, built.root);
    assert.deepEqual(unwrap(await clientsOf(built.ctx, branch)), [client]);
    assert.equal(unwrap(await clientsOf(built.ctx, undefined)).length, 1);
    const nowhere = { ok: false, reason: 'unknown_account' };
    assert.deepEqual(await addClient(built.ctx, { ...app, account: 'mars' }), nowhere);
    assert.deepEqual(await clientsOf(built.ctx, 'mars'), nowhere);
    assert.equal(unwrap(await dropClient(built.ctx, client.id)).name, 'app');
    assert.deepEqual(unwrap(await clientsOf(built.ctx, branch)), []);
  });
});
