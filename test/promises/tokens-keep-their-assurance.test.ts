/**
 * A token proves what its session had proven when the token was issued. A step-up, an enrollment or a refresh raises no
 * token that was stolen before; a change of the user's credentials ends the session's earlier generations.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { minute, second } from '../../src/base/clock.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { addOAuthApp, bodyOf, newestCode, type OAuthApp } from '../../kit/doors.ts';
import { twoNodes, type Ask, type TwoNodes } from '../../kit/nodes.ts';
import { member, type App, type Person } from '../../kit/server.ts';

/** The status of a request for which the token needs a recent second factor. */
const beginEnrollment = async (call: Ask, bearer: string) =>
  (await call('POST', '/users/me/secrets', { bearer, json: { type: 'mfa' } })).status;

/** The answers that a proxy and an application get for a token. */
async function shownOf(call: Ask, bearer: string, app: OAuthApp) {
  const { status } = await call('GET', `/forward-auth?acr_values=aal2&max_age=900&client=${app.client_id}`, { bearer });
  const { acr } = bodyOf(await call('POST', '/oauth2/introspect', { json: { ...app, token: bearer } }));
  return [status, acr];
}

/** Steps a session up with a code of its user's app. Returns the members of the answer. */
async function stepUp(town: TwoNodes, call: Ask, { bearer, app }: { readonly bearer: string; readonly app: App }) {
  town.clock.tick(minute);
  const id = member(await call('POST', '/challenges', { bearer, json: {} }), 'id');
  const answer = await call('POST', `/challenges/${id}/verify`, { bearer, json: { code: town.code(app) } });
  assert.equal(answer.status, 200, answer.text);
  return bodyOf(answer);
}

/** A session with one factor, of a user who then enrolled an app at another place: its tokens are stale. */
async function staleSession(town: TwoNodes) {
  const person = await town.addPerson('ada', { email: 'ada@example.org' });
  const app = await town.addApp(person);
  const bearer = await town.logIn(person, town.code(app));
  town.clock.tick(16 * minute);
  return { person, app, bearer };
}

const grant = async (call: Ask, client: OAuthApp, { name: username, password }: Person, mfa_code: unknown) =>
  bodyOf(
    await call('POST', '/mfa/oauth2/token', {
      json: { ...client, grant_type: 'password', username, password, mfa_code },
    }),
  );

const renew = async (call: Ask, client: OAuthApp, refresh_token: unknown) =>
  bodyOf(await call('POST', '/mfa/oauth2/token', { json: { ...client, grant_type: 'refresh_token', refresh_token } }));

onEachDatabase('tokens keep the assurance of their issue', (on) => {
  test('a step-up raises its own token and none that was stolen before', async () => {
    await using town = await twoNodes(on);
    const { app, bearer } = await staleSession(town);
    const client = await addOAuthApp(town);
    const [here, there] = town.nodes;
    assert.equal(await beginEnrollment(there, bearer), 401);
    const { token } = await stepUp(town, here, { bearer, app });
    for (const call of town.nodes) {
      assert.equal(await beginEnrollment(call, bearer), 401, 'the token from before');
      assert.deepEqual((await shownOf(call, bearer, client))[0], 401);
      assert.deepEqual((await shownOf(call, String(token), client))[0], 204);
    }
    assert.equal(await beginEnrollment(there, String(token)), 200);
  });

  test('an enrollment raises the token of its answer only', async () => {
    await using town = await twoNodes(on);
    const client = await addOAuthApp(town);
    const person = await town.addPerson('ada');
    const before = person.token;
    await town.addApp(person);
    for (const call of town.nodes) {
      assert.equal(await beginEnrollment(call, before), 401);
      assert.deepEqual(await shownOf(call, before, client), [401, 'aal1']);
    }
    assert.deepEqual(await shownOf(town.nodes[1], person.token, client), [204, 'aal2']);
    const listed = (await town.call('GET', '/sessions', { bearer: before })).json as readonly { acr: string }[];
    assert.deepEqual(
      listed.map(({ acr }) => acr),
      ['aal2'],
      'a session answers for its newest generation',
    );
  });

  test("at Deux's door the very token that completed the enrollment is raised, and no other of its session", async () => {
    await using town = await twoNodes(on);
    const client = await addOAuthApp(town);
    const [here, there] = town.nodes;
    const person = await town.addPerson('ada');
    const app = await town.addApp(person);
    const { access_token: own, refresh_token } = await grant(here, client, person, town.code(app));
    const { access_token: other } = await renew(here, client, refresh_token);
    town.clock.tick(16 * minute);
    // The session has to prove its app again before it may enroll a number.
    const stepped = await stepUp(town, here, { bearer: String(other), app });
    const bearer = String(stepped['token']);
    await here('PUT', '/mfa/sms/request', { bearer, json: { phone_number: '+12133734253' } });
    const verified = await here('PUT', '/mfa/sms/verify', { bearer, json: { mfa_code: newestCode(town) } });
    assert.deepEqual([verified.status, bodyOf(verified)['token']], [200, undefined], verified.text);
    assert.equal(await beginEnrollment(there, bearer), 200);
    for (const stolen of [own, other]) assert.equal(await beginEnrollment(there, String(stolen)), 401);
  });

  test("at Deux's door a first enrollment raises its own token, which then reads the backup code", async () => {
    await using town = await twoNodes(on);
    const [here, there] = town.nodes;
    const { token: bearer } = await town.addPerson('ada');
    await here('PUT', '/mfa/sms/request', { bearer, json: { phone_number: '+12133734253' } });
    await here('PUT', '/mfa/sms/verify', { bearer, json: { mfa_code: newestCode(town) } });
    assert.equal((await there('GET', '/mfa/recovery', { bearer })).status, 200);
  });

  test('a refresh keeps the assurance of the refresh token, and a step-up ends the earlier ones', async () => {
    await using town = await twoNodes(on);
    const client = await addOAuthApp(town);
    const [here, there] = town.nodes;
    const person = await town.addPerson('ada');
    const app = await town.addApp(person);
    const first = await grant(here, client, person, town.code(app));
    town.clock.tick(16 * minute);
    const { refresh_token } = await renew(here, client, first['refresh_token']);
    const stepped = await stepUp(town, here, { bearer: String(first['access_token']), app });
    assert.equal((await renew(there, client, refresh_token))['error'], 'invalid_grant', 'from before the step-up');
    const raised = await renew(there, client, stepped['refresh_token']);
    assert.equal(
      await beginEnrollment(there, String(raised['access_token'])),
      200,
      'within fifteen minutes of the step-up',
    );
    town.clock.tick(15 * minute + second);
    const later = await renew(there, client, raised['refresh_token']);
    assert.equal(await beginEnrollment(there, String(later['access_token'])), 401, 'a refresh renews no proof');
    assert.equal(await beginEnrollment(here, String(first['access_token'])), 401);
  });

  test('a used refresh token that comes back ends its session, also from before a step-up', async () => {
    await using town = await twoNodes(on);
    const client = await addOAuthApp(town);
    const [here, there] = town.nodes;
    const person = await town.addPerson('ada');
    const app = await town.addApp(person);
    const first = await grant(here, client, person, town.code(app));
    await renew(here, client, first['refresh_token']);
    const stepped = await stepUp(town, here, { bearer: String(first['access_token']), app });
    const bearer = String(stepped['token']);
    assert.equal((await there('GET', '/users/me', { bearer })).status, 200);
    assert.equal((await renew(there, client, first['refresh_token']))['error'], 'invalid_grant');
    assert.equal((await here('GET', '/users/me', { bearer })).status, 401);
    assert.equal((await renew(here, client, stepped['refresh_token']))['error'], 'invalid_grant');
  });

  test('an enrollment leaves the refresh tokens of its session, which give what they were issued with', async () => {
    await using town = await twoNodes(on);
    const client = await addOAuthApp(town);
    const [here, there] = town.nodes;
    const person = await town.addPerson('ada');
    const first = await grant(here, client, person, undefined);
    const enrolled = { token: String(first['access_token']) };
    await town.addApp(enrolled);
    const refreshed = await renew(there, client, first['refresh_token']);
    assert.deepEqual(await shownOf(there, String(refreshed['access_token']), client), [401, 'aal1']);
    assert.deepEqual(await shownOf(there, enrolled.token, client), [204, 'aal2']);
  });

  test('a refresh token of before an enrollment does not meet a rule that names the new factor', async () => {
    await using town = await twoNodes(on);
    const client = await addOAuthApp(town);
    const [here, there] = town.nodes;
    const person = await town.addPerson('ada');
    const bearer = person.token;
    await here('PUT', '/mfa/sms/request', { bearer, json: { phone_number: '+12133734253' } });
    await here('PUT', '/mfa/sms/verify', { bearer, json: { mfa_code: newestCode(town) } });
    town.clock.tick(minute);
    await here('POST', '/mfa/oauth2/token', {
      json: { ...client, grant_type: 'password', username: person.name, password: person.password },
    });
    const bySms = await grant(here, client, person, newestCode(town));
    await town.addApp({ ...person, token: String(bySms['access_token']) });
    const administrator = { bearer: town.admin.token };
    const totp = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, settings: {} };
    const made = await here('PUT', '/v2/accounts/root/multi_factor', { ...administrator, json: { data: totp } });
    const { id } = bodyOf(made)['data'] as { id: string };
    const oauth2 = { multi_factor: { enabled: true, configuration_id: id } };
    const said = await here('PATCH', '/v2/accounts/root/security', {
      ...administrator,
      json: { data: { auth_modules: { oauth2 } } },
    });
    assert.equal(said.status, 200, said.text);
    assert.equal((await renew(there, client, bySms['refresh_token']))['error'], 'invalid_grant');
  });

  test('tokens of version 0.1.0, which do not say what they prove, are not raised either', async () => {
    await using town = await twoNodes(on);
    const bob = await town.addPerson('bob');
    const client = await addOAuthApp(town);
    const { app, bearer } = await staleSession(town);
    const { tokens, store } = town.countersign.context;
    const { gen: _gen, mfa_time: _time, jti: _jti, ...claims } = decodeJwt(bearer);
    const old = await tokens.issue(claims as Parameters<typeof tokens.issue>[0]);
    const [here] = town.nodes;
    assert.equal(await beginEnrollment(here, old), 401);
    await stepUp(town, here, { bearer, app });
    assert.equal(await beginEnrollment(here, old), 401);
    assert.equal((await shownOf(here, old, client))[0], 401);
    // A session that has lost its second factor lends none to a token that says it had one.
    const sid = String(claims['sid']);
    await store.db.updateTable('sessions').set({ second_factor_at: null }).where('id', '=', sid).execute();
    assert.equal((await shownOf(here, old, client))[1], 'aal1');
    // A refresh token of that version has no proof of its own.
    const granted = await grant(here, client, bob, undefined);
    const none = { amr: null, auth_time: null, second_factor_at: null, second_kinds: null };
    await store.db.updateTable('refresh_tokens').set(none).execute();
    await town.addApp({ ...bob, token: await town.logIn(bob) });
    assert.equal((await renew(here, client, granted['refresh_token']))['error'], 'invalid_grant');
  });

  test('a removed factor ends the earlier generations of its own session, with their refresh tokens', async () => {
    await using town = await twoNodes(on);
    const client = await addOAuthApp(town);
    const [here, there] = town.nodes;
    const person = await town.addPerson('ada');
    const app = await town.addApp(person);
    const other = await town.addApp(person);
    const first = await grant(here, client, person, town.code(app));
    const stolen = String(first['access_token']);
    const { token, refresh_token } = await stepUp(town, here, { bearer: stolen, app });
    const bearer = String(token);
    assert.equal((await here('DELETE', `/users/me/secrets/${other.secretId}`, { bearer })).status, 204);
    assert.equal((await there('GET', '/users/me', { bearer: stolen })).status, 401);
    assert.equal((await there('GET', '/users/me', { bearer })).status, 200);
    assert.equal(await beginEnrollment(there, bearer), 200);
    assert.equal(typeof (await renew(there, client, refresh_token))['access_token'], 'string');
  });

  test('a new password gives the next token of its session, and ends the earlier generations', async () => {
    await using town = await twoNodes(on);
    const { person, app, bearer } = await staleSession(town);
    const [here, there] = town.nodes;
    const { token } = await stepUp(town, here, { bearer, app });
    const json = { type: 'password', secret: 'another one altogether', currentPassword: person.password };
    const changed = await here('POST', '/users/me/secrets', { bearer: String(token), json });
    assert.equal(changed.status, 200, changed.text);
    assert.equal((await there('GET', '/users/me', { bearer })).status, 401);
    for (const next of [String(token), member(changed, 'token')]) assert.equal(await beginEnrollment(there, next), 200);
  });

  test('of two step-ups at once each gets its own generation', async () => {
    await using town = await twoNodes(on);
    const { person, app, bearer } = await staleSession(town);
    const [here, there] = town.nodes;
    const proofs = [{ code: town.code(app) }, { backup_code: app.codes[0] }];
    const ids: string[] = [];
    for (const call of [here, there]) ids.push(member(await call('POST', '/challenges', { bearer, json: {} }), 'id'));
    const answers = await Promise.all(
      [here, there].map((call, at) => call('POST', `/challenges/${ids[at]}/verify`, { bearer, json: proofs[at] })),
    );
    const tokens = answers.map((answer) => member(answer, 'token'));
    const generations = new Set(tokens.map((token) => decodeJwt(token)['gen']));
    assert.deepEqual(generations, new Set([2, 3]));
    for (const token of tokens) assert.equal((await there('GET', '/users/me', { bearer: token })).status, 200);
    assert.equal(member(await there('GET', '/users/me', { bearer: tokens[0] ?? '' }), 'uid'), person.uid);
  });
});
