/** One rule closes every login without a second factor; and a rule that leaves some open says which. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../kit/databases.ts';
import { startServer, type Answer, type Server } from '../../kit/server.ts';
import { dataOf, door, tenant } from '../http/doors/crossbar/door.ts';
import { one, provider, type Tenant } from '../http/doors/crossbar/security-help.ts';

const required = { multi_factor: { enabled: true, include_subaccounts: true } };

/** Every login of a person without a second factor, made possible before the rule. */
async function loginsOf(server: Server, { id: account, username, password, token }: Tenant) {
  const make = async (json: object) =>
    (await server.call('POST', '/users/me/secrets', { bearer: token, json })).json as { secret: string };
  const { secret } = await make({ type: 'apikey' });
  const device = 'a secret that a device made';
  await make({ type: 'device', secret: device });
  const client = { name: 'app', grant_types: ['password', 'refresh_token'] };
  const made = await server.call('POST', '/oauth2/clients', { bearer: token, json: client });
  const { client_id, client_secret } = made.json as { client_id: string; client_secret: string };
  const asClient = { client_id, client_secret };
  const grant = { ...asClient, grant_type: 'password', username, password };
  const granted = await server.call('POST', '/mfa/oauth2/token', { json: grant });
  const { refresh_token } = granted.json as { refresh_token: string };
  const query = `/auth/password?account=${account}`;
  const data = { username, password, account_id: account };
  return {
    user_auth: () => server.call('PUT', '/v2/user_auth', { json: { data } }),
    authtoken: () => server.call('POST', '/mfa/authtoken/login', { json: { username, password, account } }),
    oauth2: () => server.call('POST', '/mfa/oauth2/token', { json: grant }),
    refresh: () =>
      server.call('POST', '/mfa/oauth2/token', { json: { ...asClient, grant_type: 'refresh_token', refresh_token } }),
    password: () => server.call('GET', query, { basic: [username, password] }),
    apikey: () => server.call('GET', query, { basic: [username, secret] }),
    device: () => server.call('GET', query, { basic: [username, device] }),
  } satisfies Readonly<Record<string, () => Promise<Answer>>>;
}

onEachDatabase('a rule can hold for every login', (on) => {
  test('`default` lets nobody in at any door with one factor, whatever account above says it', async () => {
    for (const above of ['acme', 'root'] as const) {
      await using server = await startServer({ on });
      const acme = await tenant(server, 'root', 'acme');
      const logins = await loginsOf(server, acme);
      await provider(server, one, 'totp', null);
      const said = { auth_modules: { default: required } };
      const path = `accounts/${above === 'acme' ? acme.id : 'root'}/security`;
      const answer = dataOf(await door(server)(200, 'POST', path, said));
      assert.equal(answer['warnings'], undefined);
      const before = (await server.rows())['sessions'];
      for (const [name, login] of Object.entries(logins)) {
        const { status, text } = await login();
        assert.ok(status >= 400, `${name}: ${status} ${text}`);
        assert.doesNotMatch(text, /eyJ/, name);
      }
      assert.deepEqual((await server.rows())['sessions'], before);
    }
  });

  test('`default` closes people’s keys and not those of services, unless `apikey` is named', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const shop = { username: 'shop', password: 'the password of the shop', roles: ['service'] };
    const made = dataOf(await door(server)(201, 'PUT', `accounts/${acme.id}/users`, shop));
    const key = { type: 'apikey' };
    const { uid, token } = { uid: String(made['id']), token: await tokenOf(server, acme.id, shop) };
    const { secret } = (await server.call('POST', `/users/${uid}/secrets`, { bearer: token, json: key })).json as {
      secret: string;
    };
    const ask = () => server.call('POST', '/challenges', { bearer: secret, json: { user: { uid: acme.uid } } });
    const login = () => server.call('GET', `/auth/password?account=${acme.id}`, { basic: ['shop', secret] });
    const say = (auth_modules: object) => door(server)(200, 'POST', `accounts/${acme.id}/security`, { auth_modules });
    await say({ default: { ...required, enabled: false }, password: {} });
    assert.deepEqual([(await ask()).status, (await login()).status], [200, 200]);
    await say({ default: { enabled: false }, password: {}, apikey: { enabled: false } });
    assert.deepEqual([(await ask()).status, (await login()).status], [401, 403]);
  });

  test('a rule for some logins names in its answer those that stay open, also where it is inherited', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const east = await tenant(server, acme.id, 'east', acme.token);
    const warned = (answer: Answer) =>
      ((dataOf(answer)['warnings'] ?? []) as readonly { module: string; message: string }[])
        .filter(({ message }) => message.includes('need no second factor'))
        .map(({ module }) => module);
    const path = (id: string) => `accounts/${id}/security`;
    assert.deepEqual(warned(await door(server)(200, 'GET', path(acme.id))), []);
    const said = { auth_modules: { user_auth: required, oauth2: { enabled: false } } };
    const open = ['authtoken', 'password', 'apikey', 'device', 'browser'];
    assert.deepEqual(warned(await door(server)(200, 'POST', path(acme.id), said)), open);
    assert.deepEqual(warned(await door(server)(200, 'GET', path(acme.id))), open);
    assert.deepEqual(warned(await door(server)(200, 'GET', path(east.id))), open);
    const closing = { auth_modules: { device: { enabled: false }, apikey: { enabled: false } } };
    const left = ['authtoken', 'password', 'browser'];
    assert.deepEqual(warned(await door(server)(200, 'PATCH', path(east.id), closing)), left);
    assert.deepEqual(warned(await door(server)(200, 'DELETE', path(acme.id))), []);
  });
});

async function tokenOf(
  server: Server,
  account_id: string,
  { username, password }: { username: string; password: string },
) {
  const answer = await server.call('PUT', '/v2/user_auth', { json: { data: { username, password, account_id } } });
  return (answer.json as { auth_token: string }).auth_token;
}
