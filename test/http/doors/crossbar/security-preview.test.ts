/** Whom a configuration would stop, before it is said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { startServer, type Server } from '../../../../kit/server.ts';
import { dataOf, door, town } from './door.ts';
import { duo } from './provider-help.ts';

const modules = ['user_auth', 'authtoken', 'oauth2', 'password', 'apikey', 'device', 'passkey', 'browser'];

const none = { users: 0, administrators: 0 };
const nobody = { enrollment: none, locked_out: none };

/** What a preview answers where it has something to say of one module alone. */
const only = (name: string, stopped: object) => ({
  auth_modules: Object.fromEntries(modules.map((one) => [one, one === name ? { ...nobody, ...stopped } : nobody])),
});

const requiring = (more: object = {}) => ({
  auth_modules: { user_auth: { multi_factor: { enabled: true, ...more } } },
});

const makeProvider = async (server: Server, id: string, provider: object) =>
  String(dataOf(await door(server)(201, 'PUT', `accounts/${id}/multi_factor`, provider))['id']);

const apps = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, settings: {} };

onEachDatabase('the preview of what an account would say', (on) => {
  test('counts who would have to enrol, in the account and below it, and how many of them are administrators', async () => {
    await using server = await startServer({ on });
    const { acme, east, cellar, west } = await town(server);
    const ask = door(server, acme.token);
    for (const [at, username] of [east, east, west].entries())
      await ask(201, 'PUT', `accounts/${username.id}/users`, { username: `user ${at}` });
    await server.addApp(cellar);
    const configuration_id = await makeProvider(server, acme.id, apps);
    const path = `accounts/${acme.id}/security/preview`;
    const preview = async (more: object) =>
      dataOf(await ask(200, 'POST', path, requiring({ configuration_id, ...more })));
    const forAll = { include_subaccounts: true };
    assert.deepEqual(await preview(forAll), only('user_auth', { enrollment: { users: 6, administrators: 3 } }));
    assert.deepEqual(await preview({}), only('user_auth', { enrollment: { users: 1, administrators: 1 } }));
    assert.deepEqual(await preview({ enabled: false }), only('user_auth', {}));
    const below = dataOf(await ask(200, 'POST', `accounts/${east.id}/security/preview`, { auth_modules: {} }));
    assert.deepEqual(below, only('user_auth', {}));
    await ask(200, 'POST', `accounts/${acme.id}/security`, requiring({ configuration_id, ...forAll }));
    const inherited = dataOf(await ask(200, 'POST', `accounts/${east.id}/security/preview`, { auth_modules: {} }));
    assert.deepEqual(inherited, only('user_auth', { enrollment: { users: 3, administrators: 1 } }));
  });

  test('counts who would be locked out, and not who is let in or judged by somebody else', async () => {
    await using server = await startServer({ on });
    const { acme } = await town(server);
    const ask = door(server, acme.token);
    const preview = async (said: object) =>
      dataOf(await ask(200, 'POST', `accounts/${acme.id}/security/preview`, said));
    const all = { locked_out: { users: 4, administrators: 4 } };
    const forAll = { include_subaccounts: true };
    assert.deepEqual(await preview({ auth_modules: { apikey: { enabled: false } } }), only('apikey', all));
    assert.deepEqual(await preview(requiring(forAll)), only('user_auth', all), 'no provider is there');
    const allowing = requiring({ ...forAll, when_unavailable: 'allow' });
    assert.deepEqual(await preview(allowing), only('user_auth', {}));
    const disabled = await makeProvider(server, acme.id, { ...apps, enabled: false });
    const named = requiring({ ...forAll, configuration_id: disabled });
    assert.deepEqual(await preview(named), only('user_auth', all));
    const prompting = requiring({ ...forAll, configuration_id: await makeProvider(server, acme.id, duo) });
    assert.deepEqual(await preview(prompting), only('user_auth', {}), 'nobody enrols for Duo here');
  });

  test('changes nothing and is logged nowhere', async () => {
    await using server = await startServer({ on });
    const { acme } = await town(server);
    const before = await server.rows();
    const headers = { 'If-Match': '"7"' };
    const ask = door(server, acme.token);
    const answer = await ask(200, 'POST', `accounts/${acme.id}/security/preview`, requiring(), { headers });
    assert.doesNotMatch(answer.text, /"revision"/);
    assert.deepEqual(await server.rows(), before);
  });

  test('refuses what could not be said, in the same words', async () => {
    await using server = await startServer({ on });
    const { acme, east, other } = await town(server);
    const own = await makeProvider(server, east.id, apps);
    const [above, elsewhere] = [await makeProvider(server, acme.id, apps), await makeProvider(server, other.id, apps)];
    const ask = door(server, east.token);
    const path = `accounts/${east.id}/security`;
    for (const bad of [
      { auth_modules: { user_auth: { enabled: 'no', token_auth_expiry_s: 0 } } },
      { auth_modules: { ftp: {} } },
      { auth_modules: 7 },
      {},
      requiring({ configuration_id: 'f'.repeat(32) }),
      requiring({ configuration_id: elsewhere, account_id: other.id }),
      requiring({ configuration_id: above, account_id: acme.id }),
      requiring({ configuration_id: above }),
      requiring({ configuration_id: own, account_id: other.id }),
    ]) {
      const [foretold, said] = [await ask(400, 'POST', `${path}/preview`, bad), await ask(400, 'POST', path, bad)];
      assert.deepEqual(dataOf(foretold), dataOf(said));
    }
    const described = { configuration_id: own, _read_only: { provider_name: 'totp' } };
    await ask(200, 'POST', `${path}/preview`, requiring(described));
  });

  test('is for administrators of the account and of those above it', async () => {
    await using server = await startServer({ on });
    const { acme, east, other } = await town(server);
    const path = `accounts/${east.id}/security/preview`;
    for (const token of [server.admin.token, acme.token, east.token])
      await door(server, token)(200, 'POST', path, requiring());
    await door(server, other.token)(404, 'POST', path, requiring());
    await door(server, east.token)(404, 'POST', `accounts/${acme.id}/security/preview`, requiring());
    const user = await server.addPerson('somebody');
    await door(server, user.token)(404, 'POST', 'accounts/root/security/preview', requiring());
  });
});
