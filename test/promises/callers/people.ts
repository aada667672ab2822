/** Everybody whom the table is about, before the sessions of the callers begin. */
import assert from 'node:assert/strict';
import { second } from '../../../src/base/clock.ts';
import { enableSms, newestCode } from '../../../kit/doors.ts';
import { member, type App, type Person, type Server } from '../../../kit/server.ts';
import { addService } from '../../http/doors/challenges/service.ts';
import { dataOf, door, listOf, tenant } from '../../http/doors/crossbar/door.ts';
import { addApp as addClient } from '../../http/doors/oauth2/help.ts';

/** A user with an app, and recovery codes that are not used yet. */
export type Protected = Person & { readonly app: App; readonly codes: string[] };

export type People = Awaited<ReturnType<typeof makePeople>>;

const provider = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, settings: {} };

export async function makePeople(server: Server) {
  const ada = await protect(server, await server.addPerson('ada'));
  await enableSms(server, ada);
  const apikey = await keyOf(server, ada);
  const ended = ada.token;
  const changed = await changePassword(server, ada, await stepUp(server, ended, ada.app));
  const bob = await server.addPerson('bob');
  const grace = await addAdministrator(server);
  const device = 'a secret that a device made';
  await made(server, bob, { type: 'device', secret: device });
  return {
    ada: changed,
    bob,
    carol: await protect(server, await server.addPerson('carol')),
    dora: await server.addPerson('dora'),
    grace,
    acme: await tenant(server, 'root', 'acme'),
    ended,
    keys: {
      ada: apikey,
      bob: device,
      grace: await keyOf(server, grace),
      manage: await keyOf(server, grace, { scope: 'manage' }),
    },
    ...(await otherAccounts(server)),
    ...(await clients(server)),
    shop: await shop(server),
  };
}

async function protect(server: Server, person: Person): Promise<Protected> {
  const app = await server.addApp(person);
  return { ...person, app, codes: [...app.codes] };
}

async function addAdministrator(server: Server): Promise<Protected> {
  const [name, password] = ['grace', 'the secret of grace'];
  const user = { username: name, password, roles: ['admin'] };
  const uid = String(dataOf(await door(server)(201, 'PUT', 'accounts/root/users', user))['id']);
  return protect(server, { uid, name, password, token: await server.logIn({ name, password }) });
}

async function made(server: Server, { token: bearer }: Pick<Person, 'token'>, json: object) {
  const answer = await server.call('POST', '/users/me/secrets', { bearer, json });
  assert.equal(answer.status, 200, answer.text);
  return answer;
}

const keyOf = async (server: Server, person: Person, more: object = {}) =>
  member(await made(server, person, { type: 'apikey', ...more }), 'secret');

/** The token of the session's next generation. */
export async function stepUp(server: Server, bearer: string, app: App): Promise<string> {
  const id = member(await server.call('POST', '/challenges', { bearer, json: {} }), 'id');
  const json = { code: server.code(app) };
  return member(await server.call('POST', `/challenges/${id}/verify`, { bearer, json }), 'token');
}

async function changePassword(server: Server, person: Protected, token: string): Promise<Protected> {
  const password = `another secret of ${person.name}`;
  await made(server, { token }, { type: 'password', secret: password });
  return { ...person, password, token };
}

/** Globex, to which the administrative requests go, and Initech, which asks its users for an app. */
async function otherAccounts(server: Server) {
  const ask = door(server);
  const idOf = async (path: string, data: object) => String(dataOf(await ask(201, 'PUT', path, data))['id']);
  const globex = (await tenant(server, 'root', 'globex')).id;
  const leaf = await idOf(`accounts/${globex}`, { name: 'leaf' });
  const gil = { username: 'gil', password: 'the secret of gil' };
  const gilId = await idOf(`accounts/${globex}/users`, gil);
  const logIn = () => server.call('POST', `/auth/password?account=${globex}`, { basic: [gil.username, gil.password] });
  const app = await server.addApp({ token: member(await logIn(), 'token') });
  const login = { token: server.code(app), challenge_token: member(await logIn(), 'challenge_token') };
  assert.equal((await server.call('POST', '/auth/totp', { json: login })).status, 200);
  const [attempt] = listOf(await ask(200, 'GET', `accounts/${globex}/multi_factor/attempts`));
  const configId = await idOf(`accounts/${globex}/multi_factor`, provider);
  await ask(201, 'PUT', 'multi_factor', provider);

  const initech = (await tenant(server, 'root', 'initech')).id;
  const eve = { username: 'eve', password: 'the secret of eve' };
  await idOf(`accounts/${initech}/users`, eve);
  const multi_factor = { enabled: true, configuration_id: await idOf(`accounts/${initech}/multi_factor`, provider) };
  await ask(200, 'POST', `accounts/${initech}/security`, { auth_modules: { password: { multi_factor } } });
  return {
    globex: { id: globex, leaf, gil: { ...gil, id: gilId }, configId, attemptId: String(attempt?.['id']) },
    initech: { id: initech, eve },
  };
}

async function clients(server: Server) {
  const [noScope, mfa, manage] = [
    await addClient(server),
    await addClient(server, { scopes: ['mfa'], default_scopes: ['mfa'] }),
    await addClient(server, { scopes: ['manage'], default_scopes: ['manage'] }),
  ];
  return { clients: { noScope, mfa, manage } };
}

/** A service with two users: 42 has no factor yet, 43 gets codes by text message. */
async function shop(server: Server) {
  const service = await addService(server, 'root', 'shop');
  const by = { bearer: service.key };
  const begun = { type: 'sms', phone_number: '+12133734255' };
  await server.call('PUT', '/users/43', { ...by, json: {} });
  const id = member(await server.call('POST', '/users/43/factors', { ...by, json: begun }), 'id');
  const json = { code: newestCode(server) };
  const confirmed = await server.call('POST', `/users/43/factors/${id}/confirm`, { ...by, json });
  assert.equal(confirmed.status, 200, confirmed.text);
  server.clock.tick(30 * second);
  return { ...service, name: 'shop' };
}
