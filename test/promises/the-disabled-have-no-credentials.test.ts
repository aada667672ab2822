/**
 * Every credential of a disabled user, or of a user in or below a disabled account, is refused like a wrong one, and their sessions end. What
 * they held before stays void when they are enabled again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addOAuthApp, bodyOf as membersOf, type OAuthApp } from '../../kit/doors.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { assertSaid, member, startServer, type Answer, type Server } from '../../kit/server.ts';
import { bodyOf, dataOf, door, tenant, type Data } from '../http/doors/crossbar/door.ts';
import { firstFactor, goodRequests, send } from '../http/good-requests.ts';
import { nobody, strangers } from '../http/catalogue.ts';
import { modules, one, provider, requiring } from '../http/doors/crossbar/security-help.ts';
import { assertAlike } from './outsiders.ts';

type Scene = Awaited<ReturnType<typeof scene>>;

/** root → acme → cellar; in cellar ada, who has an app, bob, who has none, and a service. */
async function scene(server: Server) {
  const acme = await tenant(server, 'root', 'acme');
  const cellar = await tenant(server, acme.id, 'cellar');
  const client = await addOAuthApp(server);
  const ask = door(server, await server.logIn(server.admin));
  const add = async (username: string, more: Data = {}) => {
    const password = `the secret of ${username}`;
    const made = await ask(201, 'PUT', `accounts/${cellar.id}/users`, { username, password, ...more });
    const path = `/auth/password?account=${cellar.id}`;
    const person = { name: username, password, uid: String(dataOf(made)['id']) };
    return { ...person, token: member(await server.call('GET', path, { basic: [username, password] }), 'token') };
  };
  const [ada, bob, service] = [await add('ada'), await add('bob'), await add('service', { roles: ['service'] })];
  const app = await server.addApp(ada);
  const apikey = member(
    await server.call('POST', '/users/me/secrets', { bearer: service.token, json: { type: 'apikey' } }),
    'secret',
  );
  return { acme, cellar, client, ada: { ...ada, app }, bob, service: { ...service, apikey } };
}

const logIn = (server: Server, { cellar }: Scene, name: string, secret: string) =>
  server.call('GET', `/auth/password?account=${cellar.id}`, { basic: [name, secret] });

const granted = (server: Server, { client, cellar }: Scene, more: object) =>
  server.call('POST', '/mfa/oauth2/token', { json: { ...client, account: cellar.id, ...more } });

/** The credentials of a user, one of every kind, and the refusal of each once it is void. */
async function holdings(server: Server, town: Scene) {
  const { ada, bob, cellar } = town;
  const grant = { grant_type: 'password', username: bob.name, password: bob.password };
  const tokens = await granted(server, town, grant);
  const challenge = member(await logIn(server, town, ada.name, ada.password), 'challenge_token');
  await provider(server, one, 'totp', null);
  const rule = modules(requiring(), 'password');
  await door(server, server.admin.token)(200, 'POST', `accounts/${cellar.id}/security`, rule);
  const offer = await logIn(server, town, bob.name, bob.password);
  return {
    sessions: [ada.token, bob.token, member(tokens, 'access_token'), town.service.token],
    refresh: member(tokens, 'refresh_token'),
    challenge,
    enrollment: member(offer, 'enrollment_token'),
  };
}

type Held = Awaited<ReturnType<typeof holdings>>;

async function assertVoid(server: Server, town: Scene, { sessions, refresh, challenge, enrollment }: Held) {
  const { ada, client } = town;
  for (const bearer of sessions) {
    assertSaid(await server.call('GET', '/users/me', { bearer }), '401 invalid_token');
    assert.deepEqual(await introspected(server, client, bearer), { active: false });
  }
  const renewed = await granted(server, town, { grant_type: 'refresh_token', refresh_token: refresh });
  assert.deepEqual([renewed.status, membersOf(renewed)['error']], [400, 'invalid_grant']);
  assert.deepEqual(await introspected(server, client, refresh), { active: false });
  const json = { token: server.code(ada.app), challenge_token: challenge };
  assertSaid(await server.call('POST', '/auth/totp', { json }), '401 invalid_challenge');
  const held = { bearer: challenge, json: { code: ada.app.codes[0] } };
  assertSaid(await server.call('POST', '/challenges/current/verify', held), '401 invalid_token');
  const enrolls = { bearer: enrollment, json: { type: 'mfa' } };
  assertSaid(await server.call('POST', '/users/me/secrets', enrolls), '401 invalid_token');
}

const introspected = async (server: Server, app: OAuthApp, token: string) =>
  membersOf(await server.call('POST', '/oauth2/introspect', { json: { ...app, token } }));

/** Asks with the API key of the service about a user. */
const challengeBy = (server: Server, { service }: Scene, uid: string) =>
  server.call('POST', '/challenges', { bearer: service.apikey, json: { user: { uid } } });

type Switch = (server: Server, town: Scene, enabled: boolean) => Promise<unknown>;

/** Each way to disable ada, bob and the service. */
const switches: Readonly<Record<string, Switch>> = {
  'the users are': async (server, { ada, bob, service, cellar }, enabled) => {
    for (const { uid } of [ada, bob, service])
      await door(server)(200, 'PATCH', `accounts/${cellar.id}/users/${uid}`, { enabled });
  },
  'their account is': (server, { cellar }, enabled) => door(server)(200, 'PATCH', `accounts/${cellar.id}`, { enabled }),
  'the account above is': (server, { acme }, enabled) => door(server)(200, 'PATCH', `accounts/${acme.id}`, { enabled }),
};

onEachDatabase('disabled', (on) => {
  for (const [what, disable] of Object.entries(switches)) {
    test(`where ${what}, no credential is valid, old ones stay void, and new logins follow when enabled`, async () => {
      await using server = await startServer({ on });
      const town = await scene(server);
      const held = await holdings(server, town);
      await disable(server, town, false);
      await assertVoid(server, town, held);
      const { ada, bob, service } = town;
      const wrong = await logIn(server, town, 'nobody at all', 'wrong');
      const answers: Record<string, Answer> = { 'a name that nobody has': wrong };
      for (const { name, password } of [ada, bob, service])
        answers[`password of ${name}`] = await logIn(server, town, name, password);
      answers['apikey'] = await logIn(server, town, service.name, service.apikey);
      assertAlike(answers);
      assertSaid(await challengeBy(server, town, ada.uid), '401 invalid_token');

      await disable(server, town, true);
      await assertVoid(server, town, held);
      assert.equal((await challengeBy(server, town, ada.uid)).status, 201);
      const challenge_token = member(await logIn(server, town, ada.name, ada.password), 'challenge_token');
      const again = { json: { token: server.code(ada.app), challenge_token } };
      assert.equal((await server.call('POST', '/auth/totp', again)).status, 200);
    });
  }

  test('users are answered like a name that nobody has, at every way in, with the right password too', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    await door(server)(200, 'PATCH', `accounts/root/users/${ada.uid}`, { enabled: false });
    const ways = goodRequests(server.countersign.routes, strangers).filter(({ does }) => does === 'logs in');
    assert.ok(ways.length > 4);
    for (const good of ways) {
      const [unknown, disabled] = [
        await send(server, good, firstFactor(good, 'nobody at all', ada.password)),
        await send(server, good, firstFactor(good, ada.name, ada.password)),
      ];
      assertAlike({ unknown, disabled });
    }
  });

  test('users whose sessions another node has just opened have none here', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    // A node of the last version does not know the column, and leaves the epoch as it is.
    const { db } = server.countersign.context.store;
    await db.updateTable('users').set({ enabled: 0 }).where('id', '=', ada.uid).execute();
    assertSaid(await server.call('GET', '/users/me', { bearer: ada.token }), '401 invalid_token');
  });

  test('users get no challenge of a service, which is told so, and their assertions are not redeemed', async () => {
    await using server = await startServer({ on });
    const town = await scene(server);
    const { ada, bob, service, cellar } = town;
    const { id, challenge_token: bearer } = membersOf(await challengeBy(server, town, ada.uid)) as Record<
      string,
      string
    >;
    const json = { code: server.code(ada.app) };
    const passed = await server.call('POST', '/challenges/current/verify', { bearer, json });
    for (const { uid } of [ada, bob])
      await door(server)(200, 'PATCH', `accounts/${cellar.id}/users/${uid}`, { enabled: false });
    for (const { uid } of [ada, bob]) assertSaid(await challengeBy(server, town, uid), '403 user_disabled');
    assertSaid(await challengeBy(server, town, nobody), '404 not_found');
    const redeem = { bearer: service.apikey, json: { assertion: member(passed, 'assertion') } };
    assertSaid(await server.call('POST', `/challenges/${id}/redeem`, redeem), '400 invalid_assertion');
    const { state } = membersOf(await server.call('GET', `/challenges/${id}`, { bearer: service.apikey }));
    assert.equal(state, 'failed');
  });

  test('administrators never disable themselves or the account they belong to', async () => {
    await using server = await startServer({ on });
    const { acme } = await scene(server);
    for (const [account, uid, bearer] of [
      ['root', server.admin.uid, server.admin.token],
      [acme.id, acme.uid, acme.token],
    ] as const) {
      const ask = door(server, bearer);
      assert.equal(bodyOf(await ask(403, 'PATCH', `accounts/${account}`, { enabled: false }))['message'], 'forbidden');
      await ask(403, 'POST', `accounts/${account}`, { name: 'another', enabled: false });
      await ask(403, 'PATCH', `accounts/${account}/users/${uid}`, { enabled: false });
      await ask(403, 'PATCH', `accounts/${account}/users/${uid}`, { enabled: false, password: 'a new one for me' });
      assert.equal(dataOf(await ask(200, 'GET', `accounts/${account}`))['enabled'], true);
      assert.equal(dataOf(await ask(200, 'GET', `accounts/${account}/users/${uid}`))['enabled'], true);
    }
  });

  test('users and accounts can be made so, and only true and false say whether they are', async () => {
    await using server = await startServer({ on });
    const ask = door(server);
    const { id } = dataOf(await ask(201, 'PUT', 'accounts/root', { name: 'acme', enabled: false }));
    assert.equal(dataOf(await ask(200, 'GET', `accounts/${String(id)}`))['enabled'], false);
    const eve = { username: 'eve', password: 'eve has this password', enabled: false };
    assert.equal(dataOf(await ask(201, 'PUT', 'accounts/root/users', eve))['enabled'], false);
    assert.equal((await server.call('GET', '/auth/password', { basic: ['eve', eve.password] })).status, 401);
    for (const enabled of [null, 0, 'false', 'no', []]) {
      await ask(400, 'PATCH', `accounts/${String(id)}`, { enabled });
      await ask(400, 'PUT', 'accounts/root/users', { ...eve, username: 'mallory', enabled });
    }
    // At the secrets door nobody sets it.
    const json = { enabled: true };
    assert.equal((await server.call('PATCH', '/users/me', { bearer: server.admin.token, json })).status, 400);
  });
});
