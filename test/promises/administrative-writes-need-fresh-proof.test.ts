/**
 * An administrative write takes a person's session with fresh proof: a second factor of the last 15 minutes, or a login of the last 15 minutes
 * where its user has no second factor. Every route of the table that administers is walked, and a route that the walk does not know fails it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import { knownOf, nameOf } from '../http/catalogue.ts';
import { dataOf, door, tenant } from '../http/doors/crossbar/door.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { member, startServer, type Answer, type Person, type Server } from '../../kit/server.ts';

type Write = { readonly route: string; readonly path: string; readonly json?: unknown };

const provider = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, settings: {} };
const data = (inside: object) => ({ data: inside });

/** A request to each route that administers. In this order a session with fresh proof is granted them all. */
async function administrativeWrites(server: Server): Promise<readonly Write[]> {
  const ask = door(server);
  const idOf = (answer: Answer) => String(dataOf(answer)['id']);
  const acme = (await tenant(server, 'root', 'acme')).id;
  const leaf = idOf(await ask(201, 'PUT', `accounts/${acme}`, { name: 'leaf' }));
  const carol = idOf(await ask(201, 'PUT', `accounts/${acme}/users`, { username: 'carol' }));
  const configId = idOf(await ask(201, 'PUT', `accounts/${acme}/multi_factor`, provider));
  await ask(201, 'PUT', 'multi_factor', provider);
  const [bob, dan] = [await server.addPerson('bob'), await server.addPerson('dan')];
  const app = await server.addApp(bob);
  const bearer = server.admin.token;
  const json = { name: 'an application', grant_types: ['password'] };
  const client = member(await server.call('POST', '/oauth2/clients', { bearer, json }), 'client_id');
  return [
    { route: 'POST /users', path: '/users', json: { name: 'eve', password: 'eve has this password' } },
    { route: 'PATCH /users/{uid}', path: `/users/${dan.uid}`, json: { email: 'eve@example.org' } },
    { route: 'DELETE /users/{uid}/secrets/{secretId}', path: `/users/${bob.uid}/secrets/${app.secretId}` },
    { route: 'DELETE /users/{uid}', path: `/users/${dan.uid}` },
    { route: 'POST /oauth2/clients', path: '/oauth2/clients', json },
    { route: 'PATCH /oauth2/clients/{id}', path: `/oauth2/clients/${client}`, json: { name: 'another' } },
    { route: 'DELETE /oauth2/clients/{id}', path: `/oauth2/clients/${client}` },
    { route: 'PUT /v2/accounts/{id}', path: `/v2/accounts/${acme}`, json: data({ name: 'a child' }) },
    { route: 'POST /v2/accounts/{id}', path: `/v2/accounts/${leaf}`, json: data({ name: 'another name' }) },
    { route: 'PATCH /v2/accounts/{id}', path: `/v2/accounts/${leaf}`, json: data({ name: 'a third name' }) },
    { route: 'POST /v2/accounts/{id}/move', path: `/v2/accounts/${leaf}/move`, json: data({ to: 'root' }) },
    { route: 'DELETE /v2/accounts/{id}', path: `/v2/accounts/${leaf}` },
    {
      route: 'PUT /v2/accounts/{id}/users',
      path: '/v2/accounts/root/users',
      json: data({ username: 'mallory', password: 'mallory has this', roles: ['admin'] }),
    },
    {
      route: 'POST /v2/accounts/{id}/users/{userId}',
      path: `/v2/accounts/${acme}/users/${carol}`,
      json: data({ username: 'carol', roles: ['admin'] }),
    },
    {
      route: 'PATCH /v2/accounts/{id}/users/{userId}',
      path: `/v2/accounts/${acme}/users/${carol}`,
      json: data({ password: 'a new one for carol' }),
    },
    { route: 'DELETE /v2/accounts/{id}/users/{userId}', path: `/v2/accounts/${acme}/users/${carol}` },
    {
      route: 'POST /v2/accounts/{id}/security',
      path: `/v2/accounts/${acme}/security`,
      json: data({ auth_modules: { user_auth: { log_failed_attempts: false } } }),
    },
    {
      route: 'PATCH /v2/accounts/{id}/security',
      path: `/v2/accounts/${acme}/security`,
      json: data({ auth_modules: { oauth2: { enabled: false } } }),
    },
    { route: 'DELETE /v2/accounts/{id}/security', path: `/v2/accounts/${acme}/security` },
    {
      route: 'PUT /v2/accounts/{id}/multi_factor',
      path: `/v2/accounts/${acme}/multi_factor`,
      json: data(provider),
    },
    {
      route: 'POST /v2/accounts/{id}/multi_factor/{configId}',
      path: `/v2/accounts/${acme}/multi_factor/${configId}`,
      json: data(provider),
    },
    {
      route: 'PATCH /v2/accounts/{id}/multi_factor/{configId}',
      path: `/v2/accounts/${acme}/multi_factor/${configId}`,
      json: data({ enabled: false }),
    },
    {
      route: 'DELETE /v2/accounts/{id}/multi_factor/{configId}',
      path: `/v2/accounts/${acme}/multi_factor/${configId}`,
    },
    { route: 'PUT /v2/multi_factor', path: '/v2/multi_factor', json: data(provider) },
    { route: 'POST /v2/multi_factor/{name}', path: '/v2/multi_factor/totp', json: data(provider) },
    { route: 'PATCH /v2/multi_factor/{name}', path: '/v2/multi_factor/totp', json: data({ enabled: false }) },
  ];
}

const send = (server: Server, { route, path, json }: Write, bearer: string) =>
  server.call(route.split(' ')[0] ?? '', path, { bearer, ...(json !== undefined && { json }) });

/** A request with a password in its body: in `/v2` inside `data`. */
function withPassword({ route, path, json }: Write, current_password: string): Write {
  const body = (json ?? {}) as { data?: object };
  if (!path.startsWith('/v2/')) return { route, path, json: { ...body, current_password } };
  const { data: inside } = body;
  return { route, path, json: data({ ...inside, current_password }) };
}

/** A session of the administrator's with a key or device secret of theirs. */
async function unattended(server: Server, { name, token: bearer }: Person, type: 'apikey' | 'device') {
  const secret = 'a secret that a device made';
  const json = type === 'apikey' ? { type } : { type, secret };
  const made = await server.call('POST', '/users/me/secrets', { bearer, json });
  const login = await server.call('GET', '/auth/password', {
    basic: [name, type === 'apikey' ? member(made, 'secret') : secret],
  });
  return member(login, 'token');
}

const withFactor = 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="900"';
const withoutFactor = 'Bearer error="insufficient_user_authentication", max_age="900"';

type Refused = { readonly status: number; readonly code: string; readonly challenge: string | null };

const tooOld = (challenge: string): Refused => ({ status: 401, code: 'insufficient_user_authentication', challenge });
const unattendedRefused: Refused = { status: 403, code: 'unattended_credential', challenge: null };

/** Sessions that administer nothing, what makes each of them, and how it is refused. */
const sessions: Readonly<Record<string, readonly [Refused, (server: Server) => Promise<string>]>> = {
  'made with an apikey': [unattendedRefused, (server) => unattended(server, server.admin, 'apikey')],
  'made with a device secret': [unattendedRefused, (server) => unattended(server, server.admin, 'device')],
  'made with the apikey of an administrator who has a second factor': [
    unattendedRefused,
    async (server) => {
      await server.addApp(server.admin);
      return unattended(server, server.admin, 'apikey');
    },
  ],
  'older than 15 minutes': [
    tooOld(withoutFactor),
    async (server) => {
      server.clock.tick(15 * minute + 1);
      return server.admin.token;
    },
  ],
  'whose second factor was proven more than 15 minutes ago': [
    tooOld(withFactor),
    async (server) => {
      const app = await server.addApp(server.admin);
      const token = await server.logIn(server.admin, app.codes[0]);
      server.clock.tick(15 * minute + 1);
      return token;
    },
  ],
};

onEachDatabase('an administrative write', (on) => {
  for (const [which, [refused, open]] of Object.entries(sessions)) {
    test(`is refused to a session ${which}, at every route, and changes nothing`, async () => {
      await using server = await startServer({ on });
      const writes = await administrativeWrites(server);
      const bearer = await open(server);
      const { attempts: _log, ...before } = await server.rows();
      for (const write of writes) {
        const answer = await send(server, write, bearer);
        const { code, message } = answer.json as { code?: string; message?: string };
        const challenge = answer.headers.get('www-authenticate');
        const said = { status: answer.status, code: code ?? message, challenge };
        assert.deepEqual(said, refused, `${answer.asked} ${answer.text}`);
      }
      const { attempts: _same, ...after } = await server.rows();
      assert.deepEqual(after, before);
      // Reading goes on.
      assert.equal((await server.call('GET', '/users', { bearer })).status, 200);
    });
  }

  for (const enrolls of [false, true]) {
    const which = enrolls ? 'second factor' : 'login, without a second factor,';
    test(`is granted to a session whose ${which} is 15 minutes old, at every route`, async () => {
      await using server = await startServer({ on });
      const writes = await administrativeWrites(server);
      const app = enrolls ? await server.addApp(server.admin) : undefined;
      const bearer = await server.logIn(server.admin, app?.codes[0]);
      server.clock.tick(15 * minute);
      for (const write of writes) {
        const answer = await send(server, write, bearer);
        assert.ok(answer.status < 300, `${answer.asked} ${answer.status} ${answer.text}`);
      }
    });
  }

  test('is granted to an old session that sends its present password, at every route', async () => {
    await using server = await startServer({ on });
    const writes = await administrativeWrites(server);
    server.clock.tick(15 * minute + 1);
    for (const write of writes) {
      const answer = await send(server, withPassword(write, server.admin.password), server.admin.token);
      assert.ok(answer.status < 300, `${answer.asked} ${answer.status} ${answer.text}`);
    }
  });

  test('is walked above, whatever route of the table makes it', async () => {
    await using server = await startServer({ on });
    const administering = server.countersign.routes.filter(({ administers = 'never' }) => administers !== 'never');
    const walked = (await administrativeWrites(server)).map(({ route }) => route);
    assert.deepEqual(administering.map(nameOf).toSorted(), walked.toSorted());
    // The preview changes nothing, though it is a POST.
    const managing = server.countersign.routes.filter(
      (route) => knownOf(route).does === 'manages' && route.method !== 'get' && !route.path.endsWith('/preview'),
    );
    assert.deepEqual(managing.filter(({ administers }) => administers !== 'always').map(nameOf), []);
  });

  test('of one stolen apikey makes no administrator, and so takes over nobody', async () => {
    await using server = await startServer({ on });
    const app = await server.addApp(server.admin);
    const bearer = await unattended(server, server.admin, 'apikey');
    const eve = { username: 'eve', password: 'eve has this password', roles: ['admin'] };
    const made = await server.call('PUT', '/v2/accounts/root/users', { bearer, json: data(eve) });
    assert.equal(made.status, 403, made.text);
    const login = { username: 'eve', password: eve.password };
    assert.equal((await server.call('POST', '/mfa/authtoken/login', { json: login })).status, 400);
    const removed = await server.call('DELETE', `/users/${server.admin.uid}/secrets/${app.secretId}`, { bearer });
    assert.ok([401, 403].includes(removed.status), removed.text);
  });

  test('is not had by a session that is too old and enrolls a factor to be fresh again', async () => {
    await using server = await startServer({ on });
    const bearer = server.admin.token;
    const begun = await server.call('PUT', '/mfa/totp/request', { bearer, json: {} });
    assert.equal(begun.status, 200, begun.text);
    server.clock.tick(9 * minute);
    const { secret: seed } = begun.json as { secret: string };
    const confirm = () => server.call('PUT', '/mfa/totp/verify', { bearer, json: { mfa_code: server.code({ seed }) } });
    server.clock.tick(6 * minute + 1);
    const old = [
      await server.call('PUT', '/mfa/totp/request', { bearer, json: {} }),
      await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'mfa' } }),
      await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } }),
      await server.call('PATCH', '/users/me', { bearer, json: { email: 'thief@example.org' } }),
      await confirm(),
    ];
    for (const answer of old) {
      assert.equal(answer.status, 401, `${answer.asked} ${answer.text}`);
      assert.equal(answer.headers.get('www-authenticate'), withoutFactor, answer.asked);
    }
    assert.equal((await server.call('POST', '/users', { bearer, json: { name: 'eve' } })).status, 401);
    // The present password, in the same request, is as good.
    const json = { type: 'password', secret: 'another password', currentPassword: server.admin.password };
    assert.equal((await server.call('POST', '/users/me/secrets', { bearer, json })).status, 200);
  });

  test("takes fresh proof of a tenant's administrator too, who would lift the tenant's own rule", async () => {
    await using server = await startServer({ on });
    const { id, username: name, token } = await tenant(server, 'root', 'acme');
    const key = await server.call('POST', '/users/me/secrets', { bearer: token, json: { type: 'apikey' } });
    const basic = [name, member(key, 'secret')] as const;
    const machine = member(await server.call('GET', `/auth/password?account=${id}`, { basic }), 'token');
    await door(server, machine)(403, 'DELETE', `accounts/${id}/security`);
    server.clock.tick(15 * minute + 1);
    await door(server, token)(401, 'DELETE', `accounts/${id}/security`);
  });
});
