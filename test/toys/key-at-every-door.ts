/** Run in a copy of the project that has the factor `key`: its interface, and what the doors make of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { help, yes } from '../factors/help.ts';
import { dataOf, door, tenant } from '../http/doors/crossbar/door.ts';
import { addService } from '../http/doors/challenges/service.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { claimsOf } from '../../kit/doors.ts';
import { assertSaid, member, type Answer, type Person, type Server } from '../../kit/server.ts';
import { key } from './key.ts';
import { pairOf, register, respond } from './key-owner.ts';
import { startOverHttp } from './over-http.ts';

type Json = Readonly<Record<string, unknown>>;
const json = ({ json: body }: Answer) => body as Json;

/** Enrolls a key at the secrets door, and answers with the secret's id. The person goes on with the session's next token. */
async function enroll({ call }: Server, person: Pick<Person, 'token'>, name: string): Promise<string> {
  const { token: bearer } = person;
  const made = await call('POST', '/users/me/secrets', { bearer, json: { type: 'key' } });
  const { options } = json(made)['secret'] as Json;
  const path = `/users/me/secrets/${member(made, 'uid')}/enroll`;
  const send = (token: unknown) => call('PUT', path, { bearer, json: { token } });
  assert.equal((await send({ ...register(name, { challenge: 'another' }) })).status, 400);
  assert.equal((await send(respond(name, options, 1))).status, 400, 'what answers a login does not register');
  const enrolled = await send(register(name, options));
  assert.equal(enrolled.status, 200, enrolled.text);
  person.token = member(enrolled, 'token');
  return member(made, 'uid');
}

/** Puts a challenge, and answers with its id and what its prompt says. */
async function ask({ call }: Server, bearer: string, user: Json | undefined, factor_id: string) {
  const put = await call('POST', '/challenges', { bearer, json: { ...(user && { user }), factors: ['key'] } });
  const id = member(put, 'id');
  const sent = await call('POST', `/challenges/${id}/send`, { bearer, json: { factor_id } });
  assert.equal(sent.status, 202, sent.text);
  const verify = (code: string) => call('POST', `/challenges/${id}/verify`, { bearer, json: { code } });
  return { factors: json(put)['factors'] as Json[], options: json(sent)['options'] as Json, verify };
}

test('a response finds its prompt and its authenticator by itself', async () => {
  const ctx = help();
  const { enroll: enrollment, prompt, read } = key;
  assert.ok(enrollment && prompt);
  const hold = async (name: string) => {
    const { state, shown } = yes(await enrollment.begin({ settings: undefined, input: {}, others: [] }, ctx));
    const registering = enrollment.read(register(name, shown['options'])) ?? assert.fail('it registers nothing');
    return yes(await registering.verify({ state, memo: undefined }, ctx));
  };
  const held = [await hold('one'), await hold('two')];
  const candidates = held.map(({ state }, at) => ({ id: String(at), state }));
  const { prompt: shown, memo, handle } = yes(await prompt({ settings: undefined, candidates }, ctx));
  assert.ok(shown.shape === 'publicKey');
  const response = read(respond('two', shown.options, 1)) ?? assert.fail('it answers nothing');
  assert.equal(response.handle, handle);
  const found = held.filter(({ lookup = '' }) => response.lookups(ctx).includes(lookup));
  assert.deepEqual(found, [held[1]]);
  assert.deepEqual(
    candidates.map(({ state }) => response.matches(state)),
    [false, true],
  );
  const proof = yes(await response.verify({ state: found[0]?.state, memo }, ctx));
  assert.deepEqual(proof.state, { ...Object(held[1]?.state), counter: 1 });
});

onEachDatabase('a key', (on) => {
  test('is registered by another response than it logs in with, and one of two answers a prompt for both', async () => {
    await using server = await startOverHttp(on);
    const ada = await server.addPerson('ada');
    const { uid } = ada;
    const ids = [await enroll(server, ada, 'one'), await enroll(server, ada, 'two')] as const;
    const { key: bearer } = await addService(server, 'root', 'shop');
    const asked = await ask(server, bearer, { uid }, ids[0]);
    assert.deepEqual(new Set(asked.factors.map(({ id }) => id)), new Set(ids));
    assert.deepEqual(new Set(asked.options['allowed'] as string[]), new Set([pairOf('one').id, pairOf('two').id]));
    const { verify, options } = asked;
    assertSaid(await verify(respond('three', options, 1)), '401 invalid_code', "a key that is nobody's");
    assertSaid(await verify(respond('two', { challenge: 'A'.repeat(43) }, 1)), '401 invalid_code', 'another prompt');
    const approved = await verify(respond('two', options, 7));
    assert.deepEqual(json(approved)['amr'], ['pop', 'mfa']);
    assert.ok(member(approved, 'assertion'));
  });

  test('counts its signatures: what does not grow is refused, and each key counts for itself', async () => {
    await using server = await startOverHttp(on);
    const ada = await server.addPerson('ada');
    const { uid } = ada;
    const id = await enroll(server, ada, 'one');
    await enroll(server, ada, 'two');
    const { key: bearer } = await addService(server, 'root', 'shop');
    const first = await ask(server, bearer, { uid }, id);
    assert.equal((await first.verify(respond('one', first.options, 7))).status, 200);
    const second = await ask(server, bearer, { uid }, id);
    for (const counter of [6, 7])
      assertSaid(await second.verify(respond('one', second.options, counter)), '401 invalid_code');
    assert.equal((await second.verify(respond('two', second.options, 1))).status, 200);
    const third = await ask(server, bearer, { uid }, id);
    assert.equal((await third.verify(respond('one', third.options, 8))).status, 200);
  });

  test('lets a session step up, and completes a login at the challenges door', async () => {
    await using server = await startOverHttp(on);
    const ada = await server.addPerson('ada');
    const factor_id = await enroll(server, ada, 'one');
    const { verify, options } = await ask(server, ada.token, undefined, factor_id);
    assert.ok(member(await verify(respond('one', options, 1)), 'token'));
    const bearer = await server.challenge(ada);
    const sent = await server.call('POST', '/challenges/current/send', { bearer, json: { factor_id } });
    const code = respond('one', json(sent)['options'], 2);
    const login = await server.call('POST', '/challenges/current/verify', { bearer, json: { code } });
    assert.equal(claimsOf(member(login, 'token')).acr, 'aal2');
  });

  test('is enrolled by a service for a user of its own', async () => {
    await using server = await startOverHttp(on);
    const { key: bearer } = await addService(server, 'root', 'shop');
    await server.call('PUT', '/users/42', { bearer, json: {} });
    const begun = await server.call('POST', '/users/42/factors', { bearer, json: { type: 'key' } });
    const path = `/users/42/factors/${member(begun, 'id')}/confirm`;
    const confirmed = await server.call('POST', path, {
      bearer,
      json: { code: register('one', json(begun)['options']) },
    });
    assert.equal(json(confirmed)['type'], 'key', confirmed.text);
    const { verify, options } = await ask(server, bearer, { name: '42' }, member(begun, 'id'));
    assert.ok(member(await verify(respond('one', options, 1)), 'assertion'));
  });

  test('is requested, verified and named in the words of the self-service door, and a login there goes on with its prompt', async () => {
    await using server = await startOverHttp(on);
    const { name: username, password, token: bearer } = await server.addPerson('ada');
    const requested = json(await server.call('PUT', '/mfa/key/request', { bearer, json: { label: 'mine' } }));
    assert.equal(requested['enabled'], false);
    const verify = (mfa_code: unknown) => server.call('PUT', '/mfa/key/verify', { bearer, json: { mfa_code } });
    assert.equal((await verify(register('one', { challenge: 'another' }))).status, 400);
    const status = json(await verify(register('one', requested['options'])));
    assert.deepEqual([status['enabled'], status['challenge_type']], [true, 'key']);
    const [{ id: factor_id } = {}] = status['factors'] as Json[];
    const needed = await server.call('POST', '/mfa/authtoken/login', { json: { username, password } });
    assert.deepEqual([json(needed)['mfa_required'], json(needed)['mfa_type']], [true, 'key']);
    const half = { bearer: member(needed, 'mfa_token') };
    const sent = await server.call('POST', '/challenges/current/send', { ...half, json: { factor_id } });
    const given = { challenge_token: half.bearer, token: respond('one', json(sent)['options'], 1) };
    const { amr, acr } = claimsOf(member(await server.call('POST', '/auth/totp', { json: given }), 'token'));
    assert.deepEqual([amr, acr], [['pwd', 'pop', 'mfa'], 'aal2']);
    assert.equal((await server.call('POST', '/auth/totp', { json: given })).status, 401, 'it works once');
  });

  test('is a provider that policy names and requires', async () => {
    await using server = await startOverHttp(on);
    const acme = await tenant(server, 'root', 'acme');
    const ask2 = door(server);
    const made = dataOf(await ask2(200, 'GET', `accounts/${acme.id}/multi_factor`));
    assert.ok((made['available_system_provider'] as string[]).includes('key'));
    const provider = { provider_name: 'key', provider_type: 'multi_factor', enabled: true, settings: {} };
    const { id } = dataOf(await ask2(201, 'PUT', `accounts/${acme.id}/multi_factor`, provider));
    const multi_factor = { enabled: true, configuration_id: id };
    const auth_modules = { user_auth: { multi_factor }, authtoken: { multi_factor }, password: { multi_factor } };
    await ask2(200, 'POST', `accounts/${acme.id}/security`, { auth_modules });
    const { username, password, id: account } = acme;
    const atDeux = () => server.call('POST', '/mfa/authtoken/login', { json: { username, password, account } });
    const atCrossbar = (more: Json = {}) =>
      server.call('PUT', '/v2/user_auth', { json: { data: { username, password, account_id: account, ...more } } });

    // Without a key the login ends at its enrollment, and goes on with that.
    const refused = await atCrossbar();
    assert.deepEqual([refused.status, json(refused)['message']], [403, 'mfa_enrollment_required']);
    const bearer = String(dataOf(refused)['enrollment_token']);
    const other = await server.call('PUT', '/mfa/totp/request', { bearer, json: {} });
    assert.equal(other.status, 403, 'another factor is not enrolled');
    const requested = json(await server.call('PUT', '/mfa/key/request', { bearer, json: {} }));
    const mfa_code = register('one', requested['options']);
    const enabled = await server.call('PUT', '/mfa/key/verify', { bearer, json: { mfa_code } });
    assert.equal(claimsOf(member(enabled, 'token')).acr, 'aal2');

    const [{ id: factor_id } = {}] = json(enabled)['factors'] as Json[];
    const half = { bearer: member(await atDeux(), 'mfa_token') };
    const sent = await server.call('POST', '/challenges/current/send', { ...half, json: { factor_id } });
    const code = respond('one', json(sent)['options'], 1);
    // The door of accounts names it. A login there begins a challenge of its own, which no other's response answers.
    assert.deepEqual(dataOf(await atCrossbar())['multi_factor_request'], { provider_name: 'key', settings: {} });
    assert.equal((await atCrossbar({ multi_factor_response: code })).status, 401);
    const approved = await server.call('POST', '/challenges/current/verify', { ...half, json: { code } });
    assert.ok(member(approved, 'token'));
    const put = await server.call('POST', '/challenges', {
      bearer: (await addService(server, 'root', 'shop')).key,
      json: { user: { name: username, account } },
    });
    assert.deepEqual(
      (json(put)['factors'] as Json[]).map(({ type }) => type),
      ['key'],
    );
  });
});
