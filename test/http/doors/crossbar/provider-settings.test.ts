/** Contract section 4, "Providers": which settings each kind takes, which are shown, and which are refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { findProvider } from '../../../../src/store/providers.ts';
import { startServer, type Server } from '../../../../kit/server.ts';
import { bodyOf, dataOf, door, tenant, type Data } from './door.ts';
import { duo, keys, masked, settings, stars, withDuo } from './provider-help.ts';

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

onEachDatabase('settings of a provider', (on) => {
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
});
