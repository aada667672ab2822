/** Contract section 4: what accounts require holds at every door. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../../../src/base/clock.ts';
import { writeSecurity } from '../../../../src/store/security.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { startServer, type Answer, type Server } from '../../../../kit/server.ts';
import { bodyOf, dataOf, door, listOf, tenant } from './door.ts';
import { inheriting, login, modules, one, provider, requiring, systemDefault, type Tenant } from './security-help.ts';

/** The newest row of the log of second factors. */
async function newest(server: Server, { id }: Tenant) {
  const [attempt] = listOf(await door(server)(200, 'GET', `accounts/${id}/multi_factor/attempts`));
  return dataOf(await door(server)(200, 'GET', `accounts/${id}/multi_factor/attempts/${String(attempt?.['id'])}`));
}

onEachDatabase('security at a login', (on) => {
  test('what an account requires for all below it, and names no provider for, fails closed and is logged', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const east = await tenant(server, acme.id, 'east', acme.token);
    const said = modules(requiring({ include_subaccounts: true }), 'user_auth');
    await door(server)(200, 'POST', `accounts/${acme.id}/security`, said);
    const inherited = dataOf(await door(server, east.token)(200, 'GET', `accounts/${east.id}/security`));
    const multi_factor = { ...requiring({ include_subaccounts: true }), when_unavailable: 'deny', ...systemDefault };
    assert.deepEqual(inherited['inherited_config'], inheriting({ user_auth: { multi_factor } }));
    const refused = await login(server, east);
    assert.equal(refused.status, 401);
    assert.equal(bodyOf(refused)['message'], 'second_factor_unavailable');
    const { message, debug_type, auth_config_origin, mfa_config_origin } = await newest(server, east);
    assert.deepEqual(
      [message, debug_type, auth_config_origin, mfa_config_origin],
      ['no multi factor authentication provider is configured', 'failed', acme.id, 'system'],
    );
    const looser = modules({ enabled: false }, 'user_auth');
    const weaker = await door(server)(400, 'POST', `accounts/${east.id}/security`, looser);
    assert.equal(bodyOf(weaker)['message'], 'weaker_than_inherited');
    const { store, clock } = server.countersign.context;
    await writeSecurity(store, { accountId: east.id, authModules: looser.auth_modules, revision: 0 }, clock.now());
    assert.equal((await login(server, east)).status, 401, 'nothing that it said before loosens that');
  });

  test('a missing, disabled or deleted provider ends every login, also with a factor that would do', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    await server.addApp(acme);
    await provider(server, one, 'totp', acme.id);
    const said = modules(requiring({ configuration_id: one }), 'user_auth');
    await door(server)(200, 'POST', `accounts/${acme.id}/security`, said);
    assert.equal(dataOf(await login(server, acme))['multi_factor_request'] !== undefined, true);
    const { db } = server.countersign.context.store;
    await db.updateTable('providers').set({ enabled: 0 }).execute();
    assert.equal(bodyOf(await login(server, acme))['message'], 'second_factor_unavailable');
    assert.equal((await newest(server, acme))['message'], 'the multi factor authentication provider is disabled');
    await db.deleteFrom('providers').execute();
    assert.equal(bodyOf(await login(server, acme))['message'], 'second_factor_unavailable');
  });

  test('one may be let in without it only where that is said, and it is logged as failed', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const said = modules(requiring({ when_unavailable: 'allow' }), 'user_auth');
    await door(server)(200, 'POST', `accounts/${acme.id}/security`, said);
    assert.equal((await login(server, acme)).status, 201);
    assert.equal((await newest(server, acme))['message'], 'no multi factor authentication provider is configured');
    await server.addApp(acme);
    assert.equal((await login(server, acme)).status, 401, 'what its user has is asked for as ever');
  });

  test('who has the factor that is required is asked for it and for no other', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const phone = { phone_number: '+12133734253' };
    await server.call('PUT', '/mfa/sms/request', { bearer: acme.token, json: phone });
    await server.call('PUT', '/mfa/sms/verify', { bearer: acme.token, json: { mfa_code: server.sent.at(-1)?.code } });
    const app = await server.addApp(acme);
    await provider(server, one, 'totp', null);
    const said = modules(requiring(), 'user_auth');
    await door(server)(200, 'POST', `accounts/${acme.id}/security`, said);
    server.clock.tick(minute);
    const sent = server.sent.length;
    const asked = dataOf(await login(server, acme))['multi_factor_request'];
    assert.deepEqual(asked, { provider_name: 'totp', settings: { digits: 6, period: 30 } });
    assert.equal(server.sent.length, sent);
    const multi_factor_response = server.code(app);
    assert.equal((await login(server, acme, { multi_factor_response })).status, 201);
    const { mfa_config_origin, auth_config_origin } = await newest(server, acme);
    assert.deepEqual([auth_config_origin, mfa_config_origin], [acme.id, 'system']);
    assert.equal((await login(server, acme, { multi_factor_response: app.codes[0] })).status, 201, 'a recovery code');
  });

  test('another factor does not answer for the one that is required', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const app = await server.addApp(acme);
    await provider(server, one, 'sms', null);
    await door(server)(200, 'POST', `accounts/${acme.id}/security`, modules(requiring(), 'user_auth'));
    const refused = await login(server, acme, { multi_factor_response: server.code(app) });
    assert.deepEqual([refused.status, bodyOf(refused)['message']], [403, 'mfa_enrollment_required']);
  });

  test('every door obeys: none gives a token where a second factor is required and cannot be asked for', async () => {
    await using server = await startServer({ on, registration: 'open' });
    const acme = await tenant(server, 'root', 'acme');
    const key = await server.call('POST', '/users/me/secrets', { bearer: acme.token, json: { type: 'apikey' } });
    const { secret } = key.json as { secret: string };
    const device = 'a secret that a device made';
    await server.call('POST', '/users/me/secrets', { bearer: acme.token, json: { type: 'device', secret: device } });
    const client = { name: 'app', grant_types: ['password', 'refresh_token'] };
    const made = await server.call('POST', '/oauth2/clients', { bearer: acme.token, json: client });
    const { client_id, client_secret } = made.json as { client_id: string; client_secret: string };
    const { username, password, id: account } = acme;
    const asClient = { client_id, client_secret };
    const grant = { ...asClient, grant_type: 'password', username, password };
    const granted = await server.call('POST', '/mfa/oauth2/token', { json: grant });
    const { refresh_token } = granted.json as { refresh_token: string };
    const every = ['user_auth', 'authtoken', 'oauth2', 'password', 'apikey', 'device'];
    await door(server)(200, 'POST', `accounts/${acme.id}/security`, modules(requiring(), ...every));
    const query = `/auth/password?account=${account}`;
    const ways: Readonly<Record<string, () => Promise<Answer>>> = {
      user_auth: () => login(server, acme),
      authtoken: () => server.call('POST', '/mfa/authtoken/login', { json: { username, password, account } }),
      oauth2: () => server.call('POST', '/mfa/oauth2/token', { json: grant }),
      'a refresh token from before': () =>
        server.call('POST', '/mfa/oauth2/token', { json: { ...asClient, grant_type: 'refresh_token', refresh_token } }),
      password: () => server.call('GET', query, { basic: [username, password] }),
      apikey: () => server.call('GET', query, { basic: [username, secret] }),
      device: () => server.call('GET', query, { basic: [username, device] }),
      registration: () =>
        server.call('POST', '/users', { json: { name: 'newcomer', password: 'a newcomer has this', account } }),
    };
    const before = (await server.rows())['sessions'];
    for (const [way, ask] of Object.entries(ways)) {
      const { status, text } = await ask();
      assert.ok(status >= 400 || way === 'registration', `${way}: ${status} ${text}`);
      assert.doesNotMatch(text, /eyJ/, way);
    }
    assert.deepEqual((await server.rows())['sessions'], before);
  });

  test('who may be let in without a provider that is away is not let in without one that is there', async () => {
    await using server = await startServer({ on, registration: 'open' });
    const acme = await tenant(server, 'root', 'acme');
    const { username, password, id: account } = acme;
    const client = { name: 'app', grant_types: ['password', 'refresh_token'] };
    const made = await server.call('POST', '/oauth2/clients', { bearer: acme.token, json: client });
    const { client_id, client_secret } = made.json as { client_id: string; client_secret: string };
    const asClient = { client_id, client_secret };
    const grant = { ...asClient, grant_type: 'password', username, password };
    const tokensOf = (answer: Answer) => answer.json as { refresh_token?: string };
    let { refresh_token } = tokensOf(await server.call('POST', '/mfa/oauth2/token', { json: grant }));
    const allowed = modules(requiring({ when_unavailable: 'allow' }), 'oauth2', 'password');
    await door(server)(200, 'POST', `accounts/${acme.id}/security`, allowed);
    const refresh = async () => {
      const json = { ...asClient, grant_type: 'refresh_token', refresh_token };
      const answer = await server.call('POST', '/mfa/oauth2/token', { json });
      refresh_token = tokensOf(answer).refresh_token ?? refresh_token;
      return answer.status;
    };
    const register = async (name: string) => {
      const json = { name, password: 'a newcomer has this', account };
      return 'token' in ((await server.call('POST', '/users', { json })).json as object);
    };
    assert.deepEqual([await refresh(), await register('early')], [200, true], 'it is away');
    await provider(server, one, 'totp', null);
    assert.deepEqual([await refresh(), await register('late')], [400, false], 'it is there');
  });

  test('a module that is closed lets nobody in', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const said = { auth_modules: { user_auth: { enabled: false } } };
    await door(server)(200, 'POST', `accounts/${acme.id}/security`, said);
    const refused = await login(server, acme);
    assert.deepEqual([refused.status, bodyOf(refused)['message']], [403, 'auth_module_disabled']);
  });

  test('a provider of which there is no factor asks nobody, and lets nobody in', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    await provider(server, one, 'pager', acme.id);
    const said = modules(requiring({ configuration_id: one }), 'user_auth');
    await door(server)(200, 'POST', `accounts/${acme.id}/security`, said);
    assert.equal(bodyOf(await login(server, acme))['message'], 'second_factor_unavailable');
    assert.equal((await newest(server, acme))['message'], 'the multi factor authentication provider is unavailable');
  });

  test('it is explained what a user would be asked for, and the login does just that', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const east = await tenant(server, acme.id, 'east', acme.token);
    const explain = async () =>
      dataOf(await door(server)(200, 'GET', `accounts/${east.id}/security/explain?user=${encodeURI(east.username)}`));
    const nobody = { auth_config_origin: 'system', mfa_config_origin: 'system' };
    assert.deepEqual(await explain(), { asks: 'nothing', factors: [], ...nobody });
    const said = modules(requiring({ include_subaccounts: true }), 'user_auth');
    await door(server)(200, 'POST', `accounts/${acme.id}/security`, said);
    const by = { required_by: acme.id, auth_config_origin: acme.id, mfa_config_origin: 'system' };
    assert.deepEqual(await explain(), { asks: 'refused', factors: [], reason: 'no_provider', ...by });
    await provider(server, one, 'totp', null);
    assert.deepEqual(await explain(), {
      asks: 'enrollment',
      factors: ['totp'],
      reason: 'mfa_enrollment_required',
      ...by,
    });
    assert.equal((await login(server, east)).status, 403);
    await server.addApp(east);
    assert.deepEqual(await explain(), { asks: 'provider', factors: ['totp'], ...by });
    await door(server)(200, 'DELETE', `accounts/${acme.id}/security`);
    assert.deepEqual(await explain(), { asks: 'any', factors: ['totp'], ...nobody });
    await door(server)(404, 'GET', `accounts/${acme.id}/security/explain?user=nobody`);
  });

  test('an administrator without a factor undoes a rule that nobody can meet, with their password', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const ask = door(server, acme.token);
    const path = `accounts/${acme.id}/security`;
    const { warnings } = dataOf(await ask(200, 'POST', path, modules(requiring(), 'user_auth', 'password')));
    assert.deepEqual(
      (warnings as { module: string }[])
        .map(({ module }) => module)
        .filter((name) => name !== 'apikey')
        .slice(-2),
      ['user_auth', 'password'],
    );
    await ask(200, 'PATCH', path, { auth_modules: { oauth2: {} } });
    server.clock.tick(16 * minute);
    await ask(401, 'DELETE', path);
    await ask(200, 'DELETE', path, { current_password: acme.password });
  });
});
