/** Contract section 4: the names by which a document speaks of modules, and what `default` stands for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { startServer, type Server } from '../../../../kit/server.ts';
import { bodyOf, dataOf, door, tenant, type Data } from './door.ts';
import { login } from './security-help.ts';

const required = { enabled: true, include_subaccounts: true };

/** The modules of which an account requires a second factor, by what those below it inherit. */
async function requiredBelow(server: Server, id: string): Promise<readonly string[]> {
  const { inherited_config } = dataOf(await door(server)(200, 'GET', `accounts/${id}/security`));
  const modules = (inherited_config as { auth_modules: Readonly<Record<string, { multi_factor: Data }>> }).auth_modules;
  return Object.keys(modules).filter((name) => modules[name]?.multi_factor['enabled'] === true);
}

const everything = ['user_auth', 'authtoken', 'oauth2', 'password', 'apikey', 'device', 'passkey', 'browser'];

onEachDatabase('the names of auth modules', (on) => {
  test('a document speaks in Crossbar’s names or ours, is given back as it was written, and is inherited in ours', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const east = await tenant(server, acme.id, 'east', acme.token);
    const multi_factor = required;
    for (const [written, governed] of [
      [{ cb_user_auth: { multi_factor } }, ['user_auth']],
      [{ cb_api_auth: { multi_factor } }, ['apikey']],
      [{ cb_auth: { multi_factor } }, ['authtoken', 'oauth2', 'password']],
      [{ cb_ip_auth: { multi_factor } }, []],
      [{ default: { multi_factor } }, everything],
      [
        { default: { multi_factor }, cb_auth: {}, device: { enabled: false } },
        ['user_auth', 'apikey', 'passkey', 'browser'],
      ],
      [{ default: { enabled: false }, passkey: { multi_factor } }, ['passkey']],
    ] as const) {
      const made = dataOf(await door(server)(200, 'POST', `accounts/${acme.id}/security`, { auth_modules: written }));
      assert.deepEqual(Object.keys(made['auth_modules'] as object).toSorted(), Object.keys(written).toSorted());
      assert.deepEqual(made['account'], { auth_modules: made['auth_modules'] });
      assert.deepEqual(await requiredBelow(server, east.id), governed, JSON.stringify(written));
    }
  });

  test('a document is expanded before it is merged: what is named above is not what is named below', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const east = await tenant(server, acme.id, 'east', acme.token);
    const say = (id: string, auth_modules: object) =>
      door(server)(200, 'POST', `accounts/${id}/security`, { auth_modules });
    await say(acme.id, { user_auth: { enabled: true }, default: { log_failed_attempts: true } });
    await say(east.id, { default: { enabled: false }, password: {} });
    const refused = await login(server, east);
    assert.deepEqual(
      [refused.status, bodyOf(refused)['message']],
      [403, 'auth_module_disabled'],
      'default is for it here',
    );
    const { username, password, id } = east;
    const entered = await server.call('GET', `/auth/password?account=${id}`, { basic: [username, password] });
    assert.equal(entered.status, 200);
  });

  test('a patch that names a module a second time is refused, by alias or by both', async () => {
    await using server = await startServer({ on });
    const { id } = await tenant(server, 'root', 'acme');
    const path = `accounts/${id}/security`;
    await door(server)(200, 'POST', path, { auth_modules: { cb_auth: { enabled: true } } });
    const before = await server.rows();
    const named = async (auth_modules: object) =>
      Object.keys(dataOf(await door(server)(400, 'PATCH', path, { auth_modules })));
    assert.deepEqual(await named({ password: {} }), ['auth_modules.cb_auth']);
    assert.deepEqual(await named({ cb_user_auth: {}, user_auth: {} }), ['auth_modules.cb_user_auth']);
    assert.deepEqual(await server.rows(), before);
    await door(server)(200, 'PATCH', path, { auth_modules: { cb_auth: null, password: {} } });
  });

  test('a rule that is not enforced is not accepted, and nothing is changed', async () => {
    await using server = await startServer({ on });
    const { id } = await tenant(server, 'root', 'acme');
    const before = await server.rows();
    for (const [name, value] of Object.entries({
      phishing_resistant: 'required',
      password_min_length: 20,
      recovery_delay: 86_400,
      trusted_browsers: { days: 1 },
      approvals: true,
      registration: 'open',
    })) {
      for (const method of ['POST', 'PATCH']) {
        const said = { auth_modules: { user_auth: { enabled: false } }, [name]: value };
        const answer = await door(server)(400, method, `accounts/${id}/security`, said);
        assert.deepEqual([bodyOf(answer)['message'], Object.keys(dataOf(answer))], ['not_supported', [name]]);
      }
    }
    await door(server)(400, 'POST', `accounts/${id}/security`, { auth_modules: {}, email_is_aal2: 'yes' });
    await door(server)(400, 'POST', `accounts/${id}/security`, { auth_modules: {}, unknown: true });
    assert.deepEqual(await server.rows(), before);
  });
});
