/** Contract section 4, "Providers": what stands in where an account names none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemDefault } from '../../../../src/engine/policy/required-provider.ts';
import { providerKinds } from '../../../../src/factors/registry.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { startServer } from '../../../../kit/server.ts';
import { bodyOf, dataOf, door, listOf, tenant } from './door.ts';
import { duo, masked, settings, stars } from './provider-help.ts';

const totp = { ...duo, provider_name: 'totp', settings: {} };

onEachDatabase('providers of the system', (on) => {
  test('every kind is listed, configured or not', async () => {
    await using server = await startServer({ on });
    const ask = door(server);
    const entry = (name: string, enabled = false) => ({
      name,
      provider_name: name,
      provider_type: 'multi_factor',
      enabled,
    });
    const all = providerKinds();
    const listed = async () => listOf(await ask(200, 'GET', 'multi_factor'));
    assert.deepEqual(
      await listed(),
      all.map((kind) => entry(kind)),
    );
    await ask(404, 'GET', 'multi_factor/totp');
    await ask(201, 'PUT', 'multi_factor', totp);
    assert.deepEqual(
      await listed(),
      all.map((kind) => entry(kind, kind === 'totp')),
    );
    await ask(404, 'GET', 'multi_factor/yubikey');
  });

  test('there is one of each kind: made or replaced by PUT, replaced by POST, changed by PATCH', async () => {
    await using server = await startServer({ on });
    const ask = door(server);
    for (const [method, data] of [
      ['POST', duo],
      ['PATCH', { enabled: true }],
    ] as const)
      await ask(404, method, 'multi_factor/duo', data);
    const { id, ...made } = dataOf(await ask(201, 'PUT', 'multi_factor', duo));
    assert.deepEqual(made, duo);
    const again = await ask(201, 'PUT', 'multi_factor', { ...duo, name: 'ours', settings: masked });
    assert.deepEqual(dataOf(again), { ...duo, id, name: 'ours', settings: masked });
    assert.equal(bodyOf(again)['revision'], '1');
    const patched = await ask(200, 'PATCH', 'multi_factor/duo', {
      settings: { secret_key: 'x'.repeat(40), duo_expire: 60 },
    });
    assert.deepEqual(dataOf(patched)['settings'], { ...masked, secret_key: 'x'.repeat(40), duo_expire: 60 });
    assert.deepEqual(dataOf(await ask(200, 'GET', 'multi_factor/duo')), {
      ...duo,
      id,
      name: 'ours',
      settings: { ...masked, duo_expire: 60 },
    });
    const replaced = dataOf(
      await ask(200, 'POST', 'multi_factor/duo', {
        ...duo,
        enabled: false,
        settings: { ...settings, secret_key: stars },
      }),
    );
    assert.deepEqual(replaced, { ...duo, id, enabled: false, settings: { ...settings, secret_key: stars } });
    const wrongKind = await ask(400, 'POST', 'multi_factor/duo', totp);
    assert.deepEqual(Object.keys(dataOf(wrongKind)), ['provider_name']);
    await ask(405, 'DELETE', 'multi_factor/duo');
  });

  test('a change from another revision is refused with 412, and so is one of what is not there', async () => {
    await using server = await startServer({ on });
    const ask = door(server);
    const at = (match: string) => ({ headers: { 'If-Match': match } });
    await ask(412, 'PUT', 'multi_factor', totp, at('"0"'));
    await ask(201, 'PUT', 'multi_factor', totp);
    await ask(201, 'PUT', 'multi_factor', totp, at('"0"'));
    for (const [method, path, data] of [
      ['PUT', 'multi_factor', totp],
      ['POST', 'multi_factor/totp', totp],
      ['PATCH', 'multi_factor/totp', { enabled: false }],
    ] as const)
      await ask(412, method, path, data, at('"0"'));
    assert.equal(dataOf(await ask(200, 'GET', 'multi_factor/totp'))['enabled'], true);
  });

  test('two that are made at once are one', async () => {
    await using server = await startServer({ on });
    const call = { bearer: server.admin.token, json: { data: totp } };
    const answers = await Promise.all([1, 2, 3, 4].map(() => server.call('PUT', '/v2/multi_factor', call)));
    assert.ok(answers.some(({ status }) => status === 201));
    for (const { status, text } of answers) assert.ok(status === 201 || status === 409, text);
    assert.equal((await server.rows())['providers']?.length, 1);
  });

  test('everybody else only lists their names', async () => {
    await using server = await startServer({ on });
    await door(server)(201, 'PUT', 'multi_factor', duo);
    const acme = await tenant(server, 'root', 'acme');
    const user = await server.addPerson('ada');
    const before = await server.rows();
    for (const token of [acme.token, user.token]) {
      const ask = door(server, token);
      const [first] = listOf(await ask(200, 'GET', 'multi_factor'));
      const summary = { name: 'duo', provider_name: 'duo', provider_type: 'multi_factor', enabled: true };
      assert.deepEqual(first, summary);
      for (const [method, path, data] of [
        ['PUT', 'multi_factor', duo],
        ['GET', 'multi_factor/duo', undefined],
        ['POST', 'multi_factor/duo', duo],
        ['PATCH', 'multi_factor/duo', { enabled: false }],
      ] as const)
        await ask(404, method, path, data);
    }
    assert.deepEqual(await server.rows(), before);
  });

  test('the default is the first in the list that is enabled', async () => {
    await using server = await startServer({ on });
    const ask = door(server);
    const { store } = server.countersign.context;
    const meant = async () => (await systemDefault(store))?.providerName;
    assert.equal(await meant(), undefined);
    await ask(201, 'PUT', 'multi_factor', { ...totp, provider_name: 'email' });
    assert.equal(await meant(), 'email');
    await ask(201, 'PUT', 'multi_factor', totp);
    assert.equal(await meant(), 'totp');
    await ask(201, 'PUT', 'multi_factor', duo);
    assert.equal(await meant(), 'duo');
    await ask(200, 'PATCH', 'multi_factor/duo', { enabled: false });
    assert.equal(await meant(), 'totp');
    // What an account has of its own is no default of anybody's.
    const acme = await tenant(server, 'root', 'acme');
    await ask(201, 'PUT', `accounts/${acme.id}/multi_factor`, duo);
    assert.equal(await meant(), 'totp');
  });

  test('a change of the system’s stands in the log of the root', async () => {
    await using server = await startServer({ on });
    const ask = door(server);
    const { id } = dataOf(await ask(201, 'PUT', 'multi_factor', totp));
    await ask(200, 'PATCH', 'multi_factor/totp', { enabled: false });
    const root = dataOf(await ask(200, 'GET', 'accounts/root'))['id'];
    const rows = await server.countersign.context.store.db
      .selectFrom('attempts')
      .select(['action', 'account_id'])
      .where('object_id', '=', String(id))
      .execute();
    const told = rows.map(({ action, account_id }) => `${action} ${account_id}`);
    assert.deepEqual(told.toSorted(), [`provider.change ${String(root)}`, `provider.make ${String(root)}`]);
  });
});
