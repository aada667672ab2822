/** Contract section 4, "Providers", and seed 001: what an account configures as its second factor. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { providerKinds } from '../../../../src/factors/registry.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { startServer } from '../../../../kit/server.ts';
import { bodyOf, dataOf, door, tenant } from './door.ts';
import { duo, masked, settings, withDuo } from './provider-help.ts';

onEachDatabase('providers of an account', (on) => {
  test('seed 001: none, configured, listed, read, replaced, patched and removed', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const list = `accounts/${acme.id}/multi_factor`;
    const ask = door(server, acme.token);
    const available_system_provider = providerKinds();
    assert.deepEqual(dataOf(await ask(200, 'GET', list)), { configured: [], available_system_provider });

    const made = await ask(201, 'PUT', list, duo);
    const { id } = dataOf(made) as { id: string };
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.deepEqual(dataOf(made), { ...duo, id });
    assert.deepEqual([bodyOf(made)['revision'], made.headers.get('etag')], ['0', '"0"']);
    const { settings: _, ...summary } = duo;
    assert.deepEqual(dataOf(await ask(200, 'GET', list)), {
      configured: [{ id, ...summary }],
      available_system_provider,
    });

    const one = `${list}/${id}`;
    assert.deepEqual(dataOf(await ask(200, 'GET', one)), { ...duo, id, settings: masked });
    const slower = { ...settings, duo_expire: 500 };
    const replaced = await ask(200, 'POST', one, { ...duo, name: 'ours', settings: slower });
    assert.deepEqual(dataOf(replaced), { ...duo, id, name: 'ours', settings: slower });
    const patched = await ask(200, 'PATCH', one, { enabled: false });
    const now = { ...duo, id, name: 'ours', enabled: false, settings: { ...masked, duo_expire: 500 } };
    assert.deepEqual(dataOf(patched), now);
    assert.equal(bodyOf(patched)['revision'], '2');
    assert.deepEqual(dataOf(await ask(200, 'DELETE', one)), now);
    await ask(404, 'GET', one);
    await ask(404, 'DELETE', one);
    assert.deepEqual(dataOf(await ask(200, 'GET', list))['configured'], []);
  });

  test('a change from another revision than the one that is there is refused with 412', async () => {
    await using server = await startServer({ on });
    const { ask, one } = await withDuo(server);
    const at = (match: string) => ({ headers: { 'If-Match': match } });
    await ask(200, 'PATCH', one, { enabled: false }, at('"0"'));
    for (const [method, data] of [
      ['PATCH', { enabled: true }],
      ['POST', duo],
      ['DELETE', undefined],
    ] as const) {
      const refused = await ask(412, method, one, data, at('"0"'));
      assert.equal(bodyOf(refused)['message'], 'precondition_failed');
    }
    assert.equal(dataOf(await ask(200, 'GET', one))['enabled'], false);
    await ask(200, 'DELETE', one, undefined, at('"1"'));
  });

  test('of two changes of one revision at once, one wins', async () => {
    await using server = await startServer({ on });
    const { acme, one } = await withDuo(server);
    const patch = (name: string) => ({ bearer: acme.token, json: { data: { name } }, headers: { 'If-Match': '"0"' } });
    const answers = await Promise.all(
      ['one', 'two', 'three'].map((name) => server.call('PATCH', `/v2/${one}`, patch(name))),
    );
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    assert.equal(statuses[0], 200);
    assert.ok(
      statuses.slice(1).every((status) => status === 409 || status === 412),
      String(statuses),
    );
  });

  test('one that an account’s security refers to is not removed', async () => {
    await using server = await startServer({ on });
    const { acme, ask, one, id } = await withDuo(server);
    const security = `accounts/${acme.id}/security`;
    await ask(200, 'POST', security, {
      auth_modules: { oauth2: { multi_factor: { enabled: true, configuration_id: id } } },
    });
    assert.equal(bodyOf(await ask(409, 'DELETE', one))['message'], 'in_use');
    assert.equal(bodyOf(await ask(200, 'GET', one))['revision'], '0');
    await ask(200, 'PATCH', security, { auth_modules: { oauth2: { multi_factor: { configuration_id: null } } } });
    await ask(200, 'DELETE', one);
  });

  test('nor one that is referred to at the same moment', async () => {
    await using server = await startServer({ on });
    const { acme, list, ask } = await withDuo(server);
    const security = `/v2/accounts/${acme.id}/security`;
    for (let round = 0; round < 12; round += 1) {
      const { id } = dataOf(await ask(201, 'PUT', list, duo)) as { id: string };
      const data = { auth_modules: { oauth2: { multi_factor: { enabled: true, configuration_id: id } } } };
      const bearer = acme.token;
      const [refers, removes] = await Promise.all([
        server.call('POST', security, { bearer, json: { data } }),
        server.call('DELETE', `/v2/${list}/${id}`, { bearer }),
      ]);
      const told = `${refers.text} ${removes.text}`;
      assert.deepEqual(
        [refers.status, removes.status].filter((status) => status === 200),
        [200],
        told,
      );
    }
  });

  test('who made, changed and removed one stands in the log, and a refused change does not', async () => {
    await using server = await startServer({ on });
    const { acme, ask, one, id } = await withDuo(server);
    await ask(400, 'PATCH', one, { settings: { secret_key: null } });
    await ask(200, 'PATCH', one, { enabled: false });
    await ask(200, 'POST', one, duo);
    await ask(200, 'DELETE', one);
    const rows = await server.countersign.context.store.db
      .selectFrom('attempts')
      .select(['action', 'account_id', 'user_id', 'outcome'])
      .where('object_id', '=', id)
      .orderBy('id')
      .execute();
    const by = { account_id: acme.id, user_id: acme.uid, outcome: 'success' };
    assert.deepEqual(
      rows.toSorted((a, b) => a.action.localeCompare(b.action)),
      ['change', 'change', 'make', 'remove'].map((action) => ({ action: `provider.${action}`, ...by })),
    );
  });

  test('the attempts below them are attempts still', async () => {
    await using server = await startServer({ on });
    const { ask, list, one } = await withDuo(server);
    assert.deepEqual(bodyOf(await ask(200, 'GET', `${list}/attempts`))['data'], []);
    await ask(404, 'GET', `${list}/attempts/202611-${'0'.repeat(32)}`);
    assert.equal((await ask(405, 'DELETE', `${list}/attempts`)).headers.get('allow'), 'GET, HEAD');
    for (const path of [`${list}/duo`, one.toUpperCase(), `${list}/${'0'.repeat(31)}`])
      assert.ok([404, 405].includes((await server.call('GET', `/v2/${path}`, { bearer: server.admin.token })).status));
  });

  test('another account’s is not there: for a sibling, the parent’s path, a child, a stranger', async () => {
    await using server = await startServer({ on });
    const { acme, id, one } = await withDuo(server);
    const east = await tenant(server, acme.id, 'east', acme.token);
    const other = await tenant(server, 'root', 'other');
    const root = door(server);
    const before = await server.rows();
    for (const [method, data] of [
      ['GET', undefined],
      ['POST', duo],
      ['PATCH', { enabled: false }],
      ['DELETE', undefined],
    ] as const) {
      for (const token of [east.token, other.token]) await door(server, token)(404, method, one, data);
      // Who reaches all these accounts finds it in its own only.
      for (const place of ['root', east.id, other.id])
        await root(404, method, `accounts/${place}/multi_factor/${id}`, data);
      await door(server, other.token)(404, method, `accounts/${other.id}/multi_factor/${id}`, data);
    }
    assert.deepEqual(await server.rows(), before);
    await root(200, 'GET', one);
  });
});
