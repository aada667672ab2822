/** Contract section 5: services, sessions that step up and logins under way have a user prove a second factor. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createLocalJWKSet, decodeJwt, jwtVerify, type JSONWebKeySet } from 'jose';
import { minute, second } from '../../../../src/base/clock.ts';
import { onEachDatabase, type TestDatabase } from '../../../../kit/databases.ts';
import { member, startServer, url, type Answer, type App, type Person, type Server } from '../../../../kit/server.ts';
import { dataOf, door, tenant } from '../crossbar/door.ts';
import { duoFixture } from '../crossbar/duo-fixture.ts';
import { addService } from './service.ts';

type Scene = AsyncDisposable & {
  readonly server: Server;
  /** A user with an app. */
  readonly ada: Person & { readonly app: App };
  /** An API key of a user whose role is `service`. */
  readonly key: string;
  readonly serviceId: string;
};

async function scene(on: TestDatabase): Promise<Scene> {
  const server = await startServer({ on });
  const person = await server.addPerson('ada');
  const app = await server.addApp(person);
  server.clock.tick(minute);
  const { key, id: serviceId } = await addService(server, 'root', 'shop');
  return {
    server,
    ada: { ...person, app },
    key,
    serviceId,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

type Json = Readonly<Record<string, unknown>>;
const json = ({ json: body }: Answer) => body as Json;

const put = (server: Server, bearer: string, body: Json) => server.call('POST', '/challenges', { bearer, json: body });
const verify = (server: Server, bearer: string, id: unknown, body: Json) =>
  server.call('POST', `/challenges/${String(id)}/verify`, { bearer, json: body });

onEachDatabase('the challenges door', (on) => {
  test('a service asks for the second factor of a user, and gets an assertion that it checks offline', async () => {
    await using fixture = await scene(on);
    const { server, ada, key, serviceId } = fixture;
    const action = 'Pay 40 EUR to Bob';
    const made = await put(server, key, { user: { name: 'ada' }, action, purpose: 'payment' });
    assert.equal(made.status, 201, made.text);
    const { id, state, expires_at, factors } = json(made);
    assert.deepEqual([state, expires_at], ['pending', new Date(server.clock.now() + 3 * minute).toISOString()]);
    assert.deepEqual(
      (factors as Json[]).map(({ type, label }) => [type, label]),
      [['totp', null]],
    );
    const stateOf = async () => json(await server.call('GET', `/challenges/${String(id)}`, { bearer: key }))['state'];
    assert.equal(await stateOf(), 'pending');
    assert.equal((await verify(server, key, id, { code: server.wrongCode(ada.app) })).status, 401);
    const done = await verify(server, key, id, { code: server.code(ada.app) });
    const { assertion, ...approved } = json(done);
    assert.deepEqual(approved, { state: 'approved', user_id: ada.uid, amr: ['otp', 'mfa'], acr: 'aal2' });
    assert.equal(await stateOf(), 'approved');
    const keys = createLocalJWKSet((await server.call('GET', '/.well-known/jwks.json')).json as JSONWebKeySet);
    const checks = {
      issuer: url,
      audience: serviceId,
      typ: 'mfa-assertion+jwt',
      currentDate: new Date(server.clock.now()),
    };
    const { payload } = await jwtVerify(String(assertion), keys, checks);
    const hash = createHash('sha256').update(action).digest('base64url');
    assert.deepEqual([payload.sub, payload.jti, payload['acr'], payload['action_hash']], [ada.uid, id, 'aal2', hash]);
    assert.deepEqual([payload['action'], payload['purpose']], [action, 'payment']);
    assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 300);
    await assert.rejects(jwtVerify(String(assertion), keys, { ...checks, audience: 'another service' }));
    assert.equal(
      (await server.call('GET', '/users/me', { bearer: String(assertion) })).status,
      401,
      'it is no session',
    );
  });

  test('of a user without a second factor asks a service nothing and a session the password, for its own user alone', async () => {
    await using fixture = await scene(on);
    const { server, ada, key } = fixture;
    const bob = await server.addPerson('bob');
    const nothing = await put(server, key, { user: { name: 'bob' } });
    assert.deepEqual([nothing.status, json(nothing)], [200, { state: 'not_required' }]);
    assert.deepEqual(json(await put(server, bob.token, {}))['factors'], [{ type: 'password', label: null }]);
    assert.equal((await put(server, bob.token, { user: { uid: ada.uid } })).status, 400);
    assert.equal((await put(server, key, {})).status, 400);
    for (const wrong of ['', '\0', '\ud800', 'x'.repeat(1025), 7])
      for (const name of ['action', 'purpose'])
        assert.equal((await put(server, key, { user: { name: 'ada' }, [name]: wrong })).status, 400);
    assert.equal(json(await put(server, key, { user: { name: 'ada' }, factors: ['sms'] }))['code'], 'no_such_factor');
  });

  test('a session steps up, and its next token says so', async () => {
    await using fixture = await scene(on);
    const { server, ada } = fixture;
    const bearer = await server.logIn(ada, server.code(ada.app));
    server.clock.tick(16 * minute);
    const remove = (by: string) => server.call('DELETE', `/users/me/secrets/${ada.app.secretId}`, { bearer: by });
    assert.equal((await remove(bearer)).status, 401);
    const { id } = json(await put(server, bearer, {}));
    const { token, state } = json(await verify(server, bearer, id, { code: server.code(ada.app) }));
    assert.equal(state, 'approved');
    const { sid, acr } = decodeJwt(String(token));
    assert.deepEqual([sid, acr], [decodeJwt(bearer)['sid'], 'aal2']);
    assert.equal((await remove(bearer)).status, 401, 'the token from before');
    assert.equal((await remove(String(token))).status, 204);
  });

  test('a code is sent, and the one after it waits', async () => {
    await using fixture = await scene(on);
    const { server, key } = fixture;
    const bob = await server.addPerson('bob');
    await server.call('PUT', '/mfa/sms/request', { bearer: bob.token, json: { phone_number: '+12133734253' } });
    await server.call('PUT', '/mfa/sms/verify', { bearer: bob.token, json: { mfa_code: server.sent.at(-1)?.code } });
    server.clock.tick(minute);
    const made = json(await put(server, key, { user: { name: 'bob' } }));
    const send = (body: Json = {}) =>
      server.call('POST', `/challenges/${String(made['id'])}/send`, { bearer: key, json: body });
    const sent = await send();
    // The code ends with its challenge.
    const expires_at = String(made['expires_at']);
    assert.deepEqual([sent.status, json(sent)], [202, { hint: '•••53', expires_at, retry_after: 30 }]);
    const code = server.sent.at(-1)?.code;
    const [{ id: factor_id } = { id: '' }] = made['factors'] as { id: string }[];
    assert.equal((await verify(server, key, made['id'], { factor_id: fixture.ada.app.secretId, code })).status, 404);
    // Naming the factor sends another one, too.
    assert.equal((await send({ factor_id })).status, 429);
    server.clock.tick(30 * second);
    assert.deepEqual(json(await send({ factor_id })), { hint: '•••53', expires_at, retry_after: 30 });
    assert.equal((await verify(server, key, made['id'], { factor_id, code })).status, 401);
    const newest = server.sent.at(-1)?.code;
    assert.equal((await verify(server, key, made['id'], { factor_id, code: newest })).status, 200);
  });

  test('a login goes on here with its challenge token', async () => {
    await using fixture = await scene(on);
    const { server, ada } = fixture;
    const bearer = await server.challenge(ada);
    assert.equal(json(await server.call('GET', '/challenges/current', { bearer }))['state'], 'pending');
    const done = await verify(server, bearer, 'current', { backup_code: ada.app.codes[0] });
    assert.equal((await server.call('GET', '/users/me', { bearer: member(done, 'token') })).status, 200);
  });

  test('a recovery code stands in for a factor, and turns nothing off', async () => {
    await using fixture = await scene(on);
    const { server, ada, key } = fixture;
    const { id } = json(await put(server, key, { user: { name: 'ada' } }));
    assert.equal((await verify(server, key, id, { backup_code: ada.app.codes[1] })).status, 200);
    const bearer = await server.logIn(ada, server.code(ada.app));
    const { backup_code } = json(await server.call('GET', '/mfa/recovery', { bearer }));
    const next = json(await put(server, key, { user: { name: 'ada' } }));
    assert.equal((await verify(server, key, next['id'], { backup_code })).status, 401);
    assert.equal(json(await server.call('GET', '/mfa', { bearer }))['enabled'], true);
  });

  test('where an account requires Duo, the user is sent there and comes back with a code', async () => {
    await using fixture = await duoFixture('Universal Prompt', { on });
    const { server, acme, duo } = fixture;
    const { key } = await addService(server, 'root', 'shop');
    const made = json(await put(server, key, { user: { uid: acme.uid } }));
    const [{ type, settings } = { type: '', settings: {} }] = made['factors'] as { type: string; settings: Json }[];
    assert.equal(type, 'duo');
    const sent = await server.call('POST', `/challenges/${String(made['id'])}/send`, { bearer: key, json: {} });
    const { auth_url, settings: again, expires_at } = json(sent);
    assert.deepEqual([sent.status, auth_url, again], [202, settings['duo_auth_url'], settings]);
    assert.equal(expires_at, made['expires_at']);
    const { duo_code } = await duo.visit(String(settings['duo_auth_url']));
    assert.equal((await verify(server, key, made['id'], { duo_code: 'another' })).status, 401);
    const done = json(await verify(server, key, made['id'], { duo_code }));
    assert.deepEqual(done['amr'], ['duo', 'mfa']);
  });

  test('a choice of factors narrows what an account requires, and adds nothing to it', async () => {
    await using fixture = await scene(on);
    const { server, ada, key } = fixture;
    const bearer = await server.logIn(ada, server.code(ada.app));
    await server.call('PUT', '/mfa/sms/request', { bearer, json: { phone_number: '+12133734253' } });
    await server.call('PUT', '/mfa/sms/verify', { bearer, json: { mfa_code: server.sent.at(-1)?.code } });
    const provider = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, settings: {} };
    const made = await door(server)(201, 'PUT', 'accounts/root/multi_factor', provider);
    const multi_factor = { enabled: true, configuration_id: dataOf(made)['id'] };
    await door(server)(200, 'POST', 'accounts/root/security', { auth_modules: { password: { multi_factor } } });
    server.clock.tick(minute);
    assert.equal((await put(server, key, { user: { name: 'ada' }, factors: ['sms'] })).status, 409);
    const { id, factors } = json(await put(server, key, { user: { name: 'ada' }, factors: ['sms', 'totp'] }));
    assert.deepEqual(
      (factors as Json[]).map(({ type }) => type),
      ['totp'],
    );
    assert.equal((await server.call('POST', `/challenges/${String(id)}/send`, { bearer: key, json: {} })).status, 404);
    assert.equal((await verify(server, key, id, { code: server.code(ada.app) })).status, 200);
  });

  test('that Duo could not be asked for a service stands in the log', async () => {
    await using fixture = await duoFixture('Universal Prompt', { on });
    const { key } = await addService(fixture.server, 'root', 'shop');
    fixture.duo.play({ answers: { health_check: (response) => response.writeHead(503).end() } });
    assert.equal((await put(fixture.server, key, { user: { uid: fixture.acme.uid } })).status, 401);
    const said = 'the multi factor authentication provider is unavailable (status 503)';
    assert.equal((await fixture.newest())['message'], said);
  });

  test('another service, another session and a stranger reach it not', async () => {
    await using fixture = await scene(on);
    const { server, ada, key } = fixture;
    const other = await addService(server, 'root', 'other shop');
    const { id, challenge_token } = json(await put(server, key, { user: { name: 'ada' } }));
    const code = server.code(ada.app);
    for (const bearer of [other.key, ada.token, server.admin.token]) {
      assert.equal((await verify(server, bearer, id, { code })).status, 404);
      assert.equal((await server.call('GET', `/challenges/${String(id)}`, { bearer })).status, 404);
    }
    const stepUp = json(await put(server, await server.logIn(ada, ada.app.codes[0]), {}));
    for (const bearer of [key, String(stepUp['challenge_token'])])
      assert.equal((await verify(server, bearer, stepUp['id'], { code })).status, 404);
    // The token of what a service asked for opens no session, at no other door either.
    const elsewhere = { json: { challenge_token, token: code } };
    assert.equal((await server.call('POST', '/auth/totp', elsewhere)).status, 401);
    assert.equal((await verify(server, key, id, { code })).status, 200);
  });

  test('a service reaches the users of its account and below, and nobody else exists', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const east = await tenant(server, acme.id, 'east');
    const { key } = await addService(server, acme.id, 'shop');
    for (const uid of [acme.uid, east.uid]) assert.equal((await put(server, key, { user: { uid } })).status, 200);
    const named = await put(server, key, { user: { name: east.username, account: 'east' } });
    assert.equal(named.status, 200);
    for (const user of [{ uid: server.admin.uid }, { name: 'admin', account: 'root' }, { name: 'nobody' }])
      assert.equal((await put(server, key, { user })).status, 404);
  });

  test('a key of somebody who is no service asks for nothing, and a key that is no key neither', async () => {
    await using server = await startServer({ on });
    const { key } = await addService(server, 'root', 'somebody', ['user']);
    for (const bearer of [key, `csk_${'x'.repeat(43)}`]) {
      const answer = await put(server, bearer, { user: { name: 'admin' } });
      assert.deepEqual([answer.status, json(answer)['code']], [401, 'invalid_token']);
    }
    assert.equal((await server.call('GET', '/users/me', { bearer: key })).status, 401, 'a key is no session');
  });

  test('an account that requires more than a key of its programs has no services', async () => {
    await using fixture = await scene(on);
    const { server, key } = fixture;
    const said = { auth_modules: { apikey: { enabled: false } } };
    await door(server)(200, 'POST', 'accounts/root/security', said);
    assert.equal((await put(server, key, { user: { name: 'ada' } })).status, 401);
  });

  test('it is over after three minutes, and after a change of the factors', async () => {
    await using fixture = await scene(on);
    const { server, ada, key } = fixture;
    const stateOf = async (id: unknown) =>
      json(await server.call('GET', `/challenges/${String(id)}`, { bearer: key }))['state'];
    const first = json(await put(server, key, { user: { name: 'ada' } }))['id'];
    server.clock.tick(3 * minute);
    assert.equal(await stateOf(first), 'expired');
    assert.equal(json(await verify(server, key, first, { code: server.code(ada.app) }))['code'], 'invalid_challenge');
    const next = json(await put(server, key, { user: { name: 'ada' } }))['id'];
    const bearer = await server.logIn(ada, server.code(ada.app));
    await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } });
    server.clock.tick(30 * second);
    assert.equal(await stateOf(next), 'failed');
    assert.equal(json(await verify(server, key, next, { code: server.code(ada.app) }))['code'], 'invalid_challenge');
  });
});
