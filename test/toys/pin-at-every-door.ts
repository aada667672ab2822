/** Run in a copy of the project that has the factor `pin`: what the doors make of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { minute, second } from '../../src/base/clock.ts';
import { dataOf, door, tenant } from '../http/doors/crossbar/door.ts';
import { addService } from '../http/doors/challenges/service.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { claimsOf } from '../../kit/doors.ts';
import { assertSaid, member, type Answer, type Person, type Server } from '../../kit/server.ts';
import { startOverHttp } from './over-http.ts';

type Json = Readonly<Record<string, unknown>>;
const json = ({ json: body }: Answer) => body as Json;

const pin = '0042';
const wrong = '0043';

/** Enrolls the PIN at the secrets door, and answers with the secret's id. */
async function enroll({ call }: Server, person: Pick<Person, 'token'>): Promise<string> {
  const { token: bearer } = person;
  const made = await call('POST', '/users/me/secrets', { bearer, json: { type: 'pin', pin } });
  const id = member(made, 'uid');
  const enrolled = await call('PUT', `/users/me/secrets/${id}/enroll`, { bearer, json: { token: pin } });
  assert.equal(enrolled.status, 200, enrolled.text);
  person.token = member(enrolled, 'token');
  return id;
}

onEachDatabase('a PIN', (on) => {
  test('is enrolled at the secrets door, and completes a login there', async () => {
    await using server = await startOverHttp(on);
    const ada = await server.addPerson('ada');
    const { token: bearer } = ada;
    for (const given of [{}, { pin: '123' }, { pin: '12a4' }, { pin: 1234 }, { pin, more: 1 }]) {
      const refused = await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'pin', ...given } });
      assert.equal(refused.status, 400, refused.text);
    }
    const made = await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'pin', pin } });
    assert.deepEqual([json(made)['type'], json(made)['enrolled'], json(made)['secret']], ['pin', false, {}]);
    assert.ok(await server.logIn(ada), 'it does not count yet');
    const path = `/users/me/secrets/${member(made, 'uid')}/enroll`;
    assert.equal((await server.call('PUT', path, { bearer, json: { token: wrong } })).status, 400);
    const enrolled = await server.call('PUT', path, { bearer, json: { token: pin } });
    assert.equal((json(enrolled)['codes'] as string[]).length, 10);

    const challenge_token = await server.challenge(ada);
    const answer = (token: string) => server.call('POST', '/auth/totp', { json: { challenge_token, token } });
    assertSaid(await answer(wrong), '401 invalid_code');
    const { amr, acr } = claimsOf(member(await answer(pin), 'token'));
    assert.deepEqual([amr.includes('pin'), acr], [true, 'aal2']);
    const rows = Object.values(await server.rows()).flat();
    assert.equal(rows.filter((row) => row.includes('$argon2')).length, 0, 'its hash is sealed');
  });

  test('is requested, verified and asked for in the words of the self-service door', async () => {
    await using server = await startOverHttp(on);
    const { name: username, password, token: bearer } = await server.addPerson('ada');
    const asked = await server.call('PUT', '/mfa/pin/request', { bearer, json: { pin } });
    assert.deepEqual([asked.status, asked.json], [200, { enabled: false }]);
    const verify = (mfa_code: string) => server.call('PUT', '/mfa/pin/verify', { bearer, json: { mfa_code } });
    assert.deepEqual((await verify(wrong)).json, { mfa_code: ['Please enter a valid code.'] });
    const status = json(await verify(pin));
    assert.deepEqual([status['enabled'], status['challenge_type']], [true, 'pin']);
    const login = (more: Json) =>
      server.call('POST', '/mfa/authtoken/login', { json: { username, password, ...more } });
    const needed = json(await login({}));
    assert.deepEqual([needed['mfa_required'], needed['mfa_type']], [true, 'pin']);
    assert.equal((await login({ mfa_code: wrong })).status, 400);
    assert.ok(member(await login({ mfa_code: pin }), 'token'));
  });

  test('answers the challenges of a service and of a session that steps up', async () => {
    await using server = await startOverHttp(on);
    const ada = await server.addPerson('ada');
    const { uid } = ada;
    const id = await enroll(server, ada);
    const { token } = ada;
    const { key } = await addService(server, 'root', 'shop');
    const body = { user: { uid }, factors: ['pin'] };
    for (const [bearer, asked, given] of [
      [key, body, 'assertion'],
      [token, {}, 'token'],
    ] as const) {
      const put = await server.call('POST', '/challenges', { bearer, json: asked });
      assert.deepEqual(json(put)['factors'], [{ id, type: 'pin', label: null }]);
      const path = `/challenges/${member(put, 'id')}/verify`;
      const verify = (code: string) => server.call('POST', path, { bearer, json: { factor_id: id, code } });
      assertSaid(await verify(wrong), '401 invalid_code');
      const approved = await verify(pin);
      assert.deepEqual([json(approved)['state'], json(approved)['user_id']], ['approved', uid]);
      assert.ok(member(approved, given));
    }
  });

  test('is enrolled by a service for a user of its own', async () => {
    await using server = await startOverHttp(on);
    const { key: bearer } = await addService(server, 'root', 'shop');
    await server.call('PUT', '/users/42', { bearer, json: {} });
    const begun = await server.call('POST', '/users/42/factors', { bearer, json: { type: 'pin', pin } });
    const id = member(begun, 'id');
    assert.deepEqual(begun.json, { id, type: 'pin', label: null, state: 'pending' });
    const confirm = `/users/42/factors/${id}/confirm`;
    assertSaid(await server.call('POST', confirm, { bearer, json: { code: wrong } }), '401 invalid_code');
    const confirmed = json(await server.call('POST', confirm, { bearer, json: { code: pin } }));
    assert.deepEqual([confirmed['type'], (confirmed['recovery_codes'] as string[]).length], ['pin', 10]);
    const put = await server.call('POST', '/challenges', { bearer, json: { user: { name: '42' } } });
    const verify = `/challenges/${member(put, 'id')}/verify`;
    assert.ok(member(await server.call('POST', verify, { bearer, json: { code: pin } }), 'assertion'));
  });

  test('is a provider that policy names and requires', async () => {
    await using server = await startOverHttp(on);
    const acme = await tenant(server, 'root', 'acme');
    const ask = door(server);
    const providers = dataOf(await ask(200, 'GET', `accounts/${acme.id}/multi_factor`));
    assert.ok((providers['available_system_provider'] as string[]).includes('pin'));
    const provider = { provider_name: 'pin', provider_type: 'multi_factor', enabled: true, settings: {} };
    const { id } = dataOf(await ask(201, 'PUT', `accounts/${acme.id}/multi_factor`, provider));
    const multi_factor = { enabled: true, configuration_id: id };
    const said = { auth_modules: { user_auth: { multi_factor } } };
    await ask(200, 'POST', `accounts/${acme.id}/security`, said);
    const { username, password, id: account_id } = acme;
    const login = (more: Json = {}) =>
      server.call('PUT', '/v2/user_auth', { json: { data: { username, password, account_id, ...more } } });
    const refused = await login();
    assert.deepEqual([refused.status, json(refused)['message']], [403, 'mfa_enrollment_required']);
    const app = await server.addApp(acme);
    const another = await login({ multi_factor_response: server.code(app) });
    assert.equal(another.status, 403, 'another factor does not answer for it');
    await enroll(server, acme);
    assert.deepEqual(dataOf(await login())['multi_factor_request'], { provider_name: 'pin', settings: {} });
    assert.equal((await login({ multi_factor_response: wrong })).status, 401);
    assert.equal((await login({ multi_factor_response: pin })).status, 201);
  });

  test('is hashed where nothing waits for it: another write is done meanwhile', async () => {
    await using server = await startOverHttp(on);
    const ada = await server.addPerson('ada');
    await enroll(server, ada);
    const challenge_token = await server.challenge(ada);
    const { context } = server.countersign;
    const { hasher } = context;
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const verify = async (phc: string, secret: string) => {
      const isRight = await hasher.verify(phc, secret);
      begun.resolve();
      await goOn.promise;
      return isRight;
    };
    Object.assign(context, { hasher: { ...hasher, verify } });
    const answered = server.call('POST', '/auth/totp', { json: { challenge_token, token: pin } });
    await Promise.race([begun.promise, answered]);
    const { token: bearer } = server.admin;
    const write = server.call('PUT', '/v2/accounts/root', { bearer, json: { data: { name: 'acme' } } });
    const first = await Promise.race([write, answered]);
    assert.equal(first.status, 201, first.text);
    goOn.resolve();
    assert.ok(member(await answered, 'token'));
  });

  test('is proven when its hash is done: to the session that enrolls it, and to the one that steps up', async () => {
    await using server = await startOverHttp(on);
    const ada = await server.addPerson('ada');
    const { context } = server.countersign;
    const { hasher } = context;
    const verify = (phc: string, secret: string) => {
      server.clock.tick(minute);
      return hasher.verify(phc, secret);
    };
    Object.assign(context, { hasher: { ...hasher, verify } });
    await enroll(server, ada);
    const { token: bearer } = ada;
    const isFresh = async (by: string) =>
      (await server.call('GET', '/forward-auth?acr_values=aal2&max_age=30', { bearer: by })).status === 204;
    assert.ok(await isFresh(bearer));
    server.clock.tick(minute);
    assert.ok(!(await isFresh(bearer)));
    const put = await server.call('POST', '/challenges', { bearer, json: {} });
    const path = `/challenges/${member(put, 'id')}/verify`;
    const raised = member(await server.call('POST', path, { bearer, json: { code: pin } }), 'token');
    assert.ok(await isFresh(raised));
    assert.equal(decodeJwt(raised).iat, server.clock.now() / second);
  });
});
