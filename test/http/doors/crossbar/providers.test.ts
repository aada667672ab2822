/** Contract section 4, "Providers", and seed 001: what an account configures as its second factor. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { findProvider } from '../../../../src/store/providers.ts';
import { startServer, type Server } from '../../../../kit/server.ts';
import { bodyOf, dataOf, door, tenant, type Data } from './door.ts';
import { duo, keys, masked, settings, stars } from './provider-help.ts';

/** An account with a Duo of its own. */
async function withDuo(server: Server) {
  const acme = await tenant(server, 'root', 'acme');
  const list = `accounts/${acme.id}/multi_factor`;
  const ask = door(server, acme.token);
  const { id } = dataOf(await ask(201, 'PUT', list, duo)) as { id: string };
  return { acme, ask, list, id, one: `${list}/${id}` };
}

const settingsOf = (answer: Parameters<typeof dataOf>[0]) => dataOf(answer)['settings'] as Data;

/** Settings as they are kept. */
async function keptIn({ countersign }: Server, accountId: string, id: string) {
  return (await findProvider(countersign.context.store, { accountId, id }))?.settings;
}

onEachDatabase('providers of text messages', (on) => {
  test('say to which countries codes go: of the account, of those above it and of the system', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const east = await tenant(server, acme.id, 'east', acme.token);
    const sms = (countries: object, enabled = true) => ({
      provider_name: 'sms',
      provider_type: 'multi_factor',
      enabled,
      settings: countries,
    });
    const reaches = async (bearer: string, phone_number: string) => {
      const before = server.sent.length;
      const { status } = await server.call('PUT', '/mfa/sms/request', { bearer, json: { phone_number } });
      server.clock.tick(31_000);
      assert.equal(server.sent.length - before, status === 200 ? 1 : 0);
      return status === 200;
    };
    const [american, german, swiss] = ['+12133734253', '+4915123456789', '+41781234567'] as const;
    /** As somebody new each time: one user is sent no more than five codes an hour. */
    const all = async () => {
      const who = { username: `user ${server.sent.length}`, password: 'the secret of somebody' };
      await door(server, acme.token)(201, 'PUT', `accounts/${east.id}/users`, who);
      const login = await door(server)(201, 'PUT', 'user_auth', { ...who, account_id: east.id });
      const bearer = String(bodyOf(login)['auth_token']);
      return [await reaches(bearer, american), await reaches(bearer, german), await reaches(bearer, swiss)];
    };
    assert.deepEqual(await all(), [true, true, true]);
    await door(server)(201, 'PUT', `accounts/${acme.id}/multi_factor`, sms({ denied_countries: ['CH'] }));
    assert.deepEqual(await all(), [true, true, false], 'the account above');
    await door(server)(201, 'PUT', `accounts/${east.id}/multi_factor`, sms({ allowed_countries: ['US', 'CH'] }));
    assert.deepEqual(await all(), [true, false, false], 'its own, too');
    await door(server)(201, 'PUT', `accounts/${east.id}/multi_factor`, sms({ allowed_countries: [] }, false));
    assert.deepEqual(await all(), [true, false, false], 'none that is disabled');
    await door(server)(201, 'PUT', 'multi_factor', sms({ denied_countries: ['US'] }));
    assert.deepEqual(await all(), [false, false, false], 'and the system');
  });
});

onEachDatabase('providers of an account', (on) => {
  test('seed 001: none, configured, listed, read, replaced, patched and removed', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const list = `accounts/${acme.id}/multi_factor`;
    const ask = door(server, acme.token);
    const available_system_provider = ['duo', 'totp', 'sms', 'email'];
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

  test('each kind is configured by its own settings, with defaults for what may be left out', async () => {
    await using server = await startServer({ on });
    const { ask, list } = await withDuo(server);
    const { integration_key, secret_key, api_hostname } = settings;
    const least = { integration_key, secret_key, api_hostname };
    const made = await ask(201, 'PUT', list, { ...duo, settings: least });
    assert.deepEqual(settingsOf(made), { ...least, duo_expire: 300, app_expire: 3600 });
    for (const [provider_name, given] of [
      ['totp', {}],
      ['email', {}],
      ['sms', { allowed_countries: ['CH', 'LI'] }],
    ] as const)
      assert.deepEqual(settingsOf(await ask(201, 'PUT', list, { ...duo, provider_name, settings: given })), given);
    assert.equal((dataOf(await ask(200, 'GET', list))['configured'] as unknown[]).length, 5);
  });

  test('a secret is shown by the answer to the request that set it, and by no other', async () => {
    await using server = await startServer({ on });
    const { ask, one } = await withDuo(server);
    const another = { secret_key: 'another'.padEnd(40, 'x') };
    const patched = await ask(200, 'PATCH', one, { settings: another });
    assert.deepEqual(settingsOf(patched), { ...masked, ...another });
    assert.deepEqual(settingsOf(await ask(200, 'PATCH', one, { name: 'ours' })), masked);
    const replaced = await ask(200, 'POST', one, { ...duo, settings: { ...masked, ...keys, secret_key: stars } });
    assert.deepEqual(settingsOf(replaced), { ...settings, secret_key: stars });
    for (const method of ['GET', 'DELETE']) assert.deepEqual(settingsOf(await ask(200, method, one)), masked);
  });

  test('a document that was read can be sent back, and its masked secrets stay what they are', async () => {
    await using server = await startServer({ on });
    const { acme, ask, one, id } = await withDuo(server);
    const read = dataOf(await ask(200, 'GET', one));
    for (const method of ['POST', 'PATCH']) {
      assert.deepEqual(dataOf(await ask(200, method, one, { ...read, enabled: false })), { ...read, enabled: false });
      assert.deepEqual(await keptIn(server, acme.id, id), settings, method);
    }
  });

  test('stars are no secret where none is kept', async () => {
    await using server = await startServer({ on });
    const { acme, ask, list, one, id } = await withDuo(server);
    const refused = await ask(400, 'PUT', list, { ...duo, settings: masked });
    assert.deepEqual(Object.keys(dataOf(refused)).toSorted(), [
      'settings.application_secret_key',
      'settings.secret_key',
    ]);
    const { application_secret_key: _, ...universal } = masked;
    assert.ok(!('application_secret_key' in settingsOf(await ask(200, 'POST', one, { ...duo, settings: universal }))));
    assert.equal((await keptIn(server, acme.id, id))?.['secret_key'], settings.secret_key);
    await ask(400, 'PATCH', one, { settings: { application_secret_key: stars } });
  });

  test('null removes what may be left out, and is refused by name where something is needed', async () => {
    await using server = await startServer({ on });
    const { ask, one } = await withDuo(server);
    const before = await server.rows();
    for (const [patch, named] of [
      [{ settings: { secret_key: null } }, 'settings.secret_key'],
      [{ settings: { api_hostname: null } }, 'settings.api_hostname'],
      [{ settings: null }, 'settings'],
      [{ enabled: null }, 'enabled'],
      [{ enabled: 'false' }, 'enabled'],
      [{ enabled: 0 }, 'enabled'],
      [{ provider_name: null }, 'provider_name'],
    ] as const) {
      const said = dataOf(await ask(400, 'PATCH', one, patch));
      assert.deepEqual(Object.keys(said), [named], JSON.stringify(patch));
    }
    assert.deepEqual(await server.rows(), before);
    const patch = { settings: { application_secret_key: null, duo_expire: null } };
    const { application_secret_key: _, ...universal } = masked;
    assert.deepEqual(settingsOf(await ask(200, 'PATCH', one, patch)), universal);
  });

  test('wrong settings are named one by one, and none of their values is told', async () => {
    await using server = await startServer({ on });
    const { ask, list, one } = await withDuo(server);
    const before = await server.rows();
    const { secret_key: _, ...without } = settings;
    assert.deepEqual(dataOf(await ask(400, 'PUT', list, { ...duo, settings: without })), {
      'settings.secret_key': { required: { message: 'This member is required.' } },
    });
    const bad = { ...settings, secret_key: 'half a secret', duo_expire: 1e12, app_expire: '3600', color: 'red' };
    for (const [method, path] of [
      ['PUT', list],
      ['POST', one],
      ['PATCH', one],
    ] as const) {
      const refused = await ask(400, method, path, { ...duo, settings: bad });
      assert.equal(bodyOf(refused)['message'], 'validation_error');
      const named = ['app_expire', 'color', 'duo_expire', 'secret_key'].map((name) => `settings.${name}`);
      assert.deepEqual(Object.keys(dataOf(refused)).toSorted(), named, method);
      assert.ok(!refused.text.includes('half a secret'));
    }
    assert.deepEqual(await server.rows(), before);
  });

  test('a document is refused for members that are wrong, missing or not its client’s to say', async () => {
    await using server = await startServer({ on });
    const { acme, ask, list, one } = await withDuo(server);
    const before = await server.rows();
    const { enabled: _, ...silent } = duo;
    const named = async (method: string, path: string, data: object) =>
      Object.keys(dataOf(await ask(400, method, path, data)));
    for (const [method, path] of [
      ['PUT', list],
      ['POST', one],
    ] as const) {
      assert.deepEqual(await named(method, path, silent), ['enabled']);
      assert.deepEqual(await named(method, path, { ...duo, provider_name: 'yubikey' }), ['provider_name']);
      assert.deepEqual(await named(method, path, { ...duo, provider_type: 'sso' }), ['provider_type']);
      assert.deepEqual(await named(method, path, { ...duo, settings: [] }), ['settings']);
      for (const name of ['account_id', 'accountId', 'revision', 'created_at'])
        assert.deepEqual(await named(method, path, { ...duo, [name]: acme.id }), [name]);
    }
    assert.deepEqual(await named('PUT', list, { ...duo, id: acme.id }), ['id']);
    for (const method of ['POST', 'PATCH']) {
      assert.deepEqual(await named(method, one, { ...duo, id: acme.id }), ['id']);
      assert.deepEqual(await named(method, one, { ...duo, provider_name: 'totp', settings: {} }), ['provider_name']);
    }
    const call = { bearer: acme.token, headers: { 'Content-Type': 'application/json' } };
    const body = '{"data":{"settings":{"__proto__":{"secret_key":"x"}}}}';
    const hidden = await server.call('PATCH', `/v2/${one}`, { ...call, body });
    assert.deepEqual([hidden.status, Object.keys(dataOf(hidden))], [400, ['settings.__proto__']]);
    assert.deepEqual(await server.rows(), before);
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

  test('no secret can be read in the database', async () => {
    await using server = await startServer({ on });
    await withDuo(server);
    const kept = JSON.stringify(await server.rows());
    for (const secret of Object.values(keys)) assert.ok(!kept.includes(secret));
    assert.ok(!kept.includes('duosecurity'));
  });
});
