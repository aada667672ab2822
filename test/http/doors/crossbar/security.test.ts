/** Contract section 4: what accounts say about logins, and who may say it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute, second } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { startServer } from '../../../../kit/server.ts';
import { bodyOf, dataOf, door, listOf, tenant, type Data } from './door.ts';
import { inheriting, login, modules, one, other, provider, requiring, systemDefault } from './security-help.ts';

onEachDatabase('security', (on) => {
  test('an account says what holds for its modules, in whole or in part, and takes it back', async () => {
    await using server = await startServer({ on });
    const { id } = await tenant(server, 'root', 'acme');
    const ask = door(server);
    const path = `accounts/${id}/security`;
    const available = dataOf(await ask(200, 'GET', 'security'))['available_auth_modules'];
    const ours = ['user_auth', 'authtoken', 'oauth2', 'password', 'apikey', 'device', 'passkey', 'browser'];
    assert.deepEqual(available, [...ours, 'cb_user_auth', 'cb_api_auth', 'cb_auth', 'cb_ip_auth']);
    const answering = (own: object) => ({
      id: 'configs_crossbar.auth',
      auth_modules: own,
      account: { auth_modules: own },
      inherited_config: inheriting(),
    });
    const nothing = answering({});
    assert.deepEqual(dataOf(await ask(200, 'GET', path)), nothing);
    const said = modules(requiring(), 'user_auth');
    const made = await ask(200, 'POST', path, said, { headers: { 'If-Match': '0' } });
    const shown = modules(requiring(systemDefault), 'user_auth');
    assert.deepEqual([bodyOf(made)['revision'], dataOf(made)['account']], ['1', shown]);
    await ask(412, 'POST', path, said, { headers: { 'If-Match': '0' } });
    const patched = await ask(200, 'PATCH', path, { auth_modules: { oauth2: { enabled: false }, user_auth: null } });
    assert.deepEqual(dataOf(patched), answering({ oauth2: { enabled: false } }));
    assert.deepEqual(dataOf(await ask(200, 'DELETE', path)), nothing);
  });

  test('a provider that is named is described beside it, also where it is inherited, and what was read may be sent back', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const east = await tenant(server, acme.id, 'east', acme.token);
    const made = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, name: 'apps', settings: {} };
    const { id } = dataOf(await door(server)(201, 'PUT', `accounts/${acme.id}/multi_factor`, made));
    const said = modules(requiring({ include_subaccounts: true, configuration_id: id }), 'user_auth');
    const names = { _read_only: { name: 'apps', provider_name: 'totp' } };
    const own = dataOf(await door(server)(200, 'POST', `accounts/${acme.id}/security`, said))['account'] as Data;
    const shown = modules(requiring({ include_subaccounts: true, configuration_id: id, ...names }), 'user_auth');
    assert.deepEqual(own, shown);
    const whole = dataOf(await door(server)(200, 'GET', `accounts/${acme.id}/security`));
    for (const sent of [own, whole])
      assert.deepEqual(dataOf(await door(server)(200, 'POST', `accounts/${acme.id}/security`, sent))['account'], shown);
    const below = dataOf(await door(server)(200, 'GET', `accounts/${east.id}/security`))['inherited_config'];
    const inherited = requiring({ include_subaccounts: true, configuration_id: id, account_id: acme.id, ...names });
    const multi_factor = { ...inherited, when_unavailable: 'deny' };
    assert.deepEqual(below, inheriting({ user_auth: { multi_factor } }));
  });

  test('it says how long tokens live and what is logged, and accounts below inherit that', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const east = await tenant(server, acme.id, 'east', acme.token);
    const [above, below] = [`accounts/${acme.id}/security`, `accounts/${east.id}/security`];
    const said = (user_auth: object) => ({ auth_modules: { user_auth } });
    const terms = { log_failed_attempts: true, log_successful_attempts: false, token_auth_expiry_s: 600 };
    assert.deepEqual(dataOf(await door(server)(200, 'POST', above, said(terms)))['account'], said(terms));
    const looser = { log_failed_attempts: false, log_successful_attempts: true, token_auth_expiry_s: 900 };
    const own = dataOf(await door(server, east.token)(200, 'POST', below, said(looser)));
    assert.deepEqual([own['account'], own['inherited_config']], [said(looser), inheriting({ user_auth: terms })]);
    assert.equal((await login(server, { ...east, password: 'wrong' })).status, 401);
    const entered = await login(server, east);
    const attempts = listOf(await door(server)(200, 'GET', `accounts/${east.id}/security/attempts`));
    assert.deepEqual(
      attempts.map(({ debug_type }) => debug_type),
      ['failed', 'success'],
      'after the login of before',
    );
    const bearer = String(bodyOf(entered)['auth_token']);
    // Tokens end with whole seconds.
    server.clock.tick(10 * minute - second);
    assert.equal((await server.call('GET', '/users/me', { bearer })).status, 200);
    server.clock.tick(second);
    assert.equal((await server.call('GET', '/users/me', { bearer })).status, 401);
  });

  test('what is wrong in it is named, and changes nothing', async () => {
    await using server = await startServer({ on });
    const { id } = await tenant(server, 'root', 'acme');
    const ask = door(server);
    for (const [bad, named] of [
      [{ user_auth: { enabled: 'false' } }, 'auth_modules.user_auth.enabled'],
      [{ user_auth: { multi_factor: { enabled: 0 } } }, 'auth_modules.user_auth.multi_factor.enabled'],
      [
        { user_auth: { multi_factor: { when_unavailable: 'maybe' } } },
        'auth_modules.user_auth.multi_factor.when_unavailable',
      ],
      [
        { user_auth: { multi_factor: { configuration_id: 'x' } } },
        'auth_modules.user_auth.multi_factor.configuration_id',
      ],
      [{ user_auth: { log_failed_attempts: 'no' } }, 'auth_modules.user_auth.log_failed_attempts'],
      [{ user_auth: { log_successful_attempts: 1 } }, 'auth_modules.user_auth.log_successful_attempts'],
      [{ user_auth: { token_auth_expiry_s: 2_592_001 } }, 'auth_modules.user_auth.token_auth_expiry_s'],
      [{ user_auth: { token_auth_expiry_s: 299 } }, 'auth_modules.user_auth.token_auth_expiry_s'],
      [{ user_auth: { multi_factor: { enable: true } } }, 'auth_modules.user_auth.multi_factor.enable'],
      [
        { default: { multi_factor: { include_subacounts: true } } },
        'auth_modules.default.multi_factor.include_subacounts',
      ],
      [{ user_auth: {}, cb_user_auth: {} }, 'auth_modules.cb_user_auth'],
      [{ cb_auth: {}, password: {} }, 'auth_modules.cb_auth'],
      [JSON.parse('{"__proto__": {"enabled": false}}') as object, 'auth_modules'],
      [JSON.parse('{"user_auth": {"__proto__": {"enabled": false}}}') as object, 'auth_modules.user_auth.__proto__'],
      [{ user_auth: { multi_factor: { account_id: one } } }, 'auth_modules.user_auth.multi_factor.account_id'],
      [{ cb_api_auth: {}, apikey: {} }, 'auth_modules.cb_api_auth'],
      [{ user_auth: { unknown: true } }, 'auth_modules.user_auth.unknown'],
      [{ ftp: {} }, 'auth_modules.ftp'],
    ] as const) {
      for (const method of ['POST', 'PATCH']) {
        const answer = await ask(400, method, `accounts/${id}/security`, { auth_modules: bad });
        assert.deepEqual(Object.keys(dataOf(answer)), [named], answer.text);
      }
    }
    assert.equal(bodyOf(await ask(200, 'GET', `accounts/${id}/security`))['revision'], '0');
  });

  test('a configuration is named only where the account may use it, and of others nothing is told', async () => {
    await using server = await startServer({ on });
    const [acme, stranger] = [await tenant(server, 'root', 'acme'), await tenant(server, 'root', 'stranger')];
    const east = await tenant(server, acme.id, 'east', acme.token);
    await provider(server, one, 'totp', acme.id);
    await provider(server, other, 'totp', stranger.id);
    const name = (status: number, configuration_id: string, account_id?: string) =>
      door(server, east.token)(
        status,
        'POST',
        `accounts/${east.id}/security`,
        modules(requiring({ configuration_id, ...(account_id && { account_id }) }), 'user_auth'),
      );
    const said: string[] = [];
    for (const [id, account] of [
      [one, acme.id],
      [other, stranger.id],
      ['3'.repeat(32), stranger.id],
      [one, undefined],
      ['3'.repeat(32), undefined],
    ] as const)
      said.push(JSON.stringify(dataOf(await name(400, id, account))));
    assert.equal(new Set(said).size, 1);
    const share = (more: object, module: string) =>
      door(server)(
        200,
        'POST',
        `accounts/${acme.id}/security`,
        modules({ include_subaccounts: true, ...more }, module),
      );
    await share({}, 'user_auth');
    await name(400, one, acme.id);
    await share({ configuration_id: one }, 'oauth2');
    await name(400, one, acme.id);
    await share({ configuration_id: one }, 'user_auth');
    await name(200, one, acme.id);
    await name(400, other, stranger.id);
  });
});
