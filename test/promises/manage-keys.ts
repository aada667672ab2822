/** Keys with `manage`, and the sessions that they open. */
import assert from 'node:assert/strict';
import { bodyOf, door } from '../http/doors/crossbar/door.ts';
import { addApp, grant, tokensOf } from '../http/doors/oauth2/help.ts';
import { member, type Answer, type Person, type Server } from '../../kit/server.ts';

export type Key = { readonly uid: string; readonly name: string; readonly secret: string; readonly answer: Answer };

/** Makes a key with `manage`, for the maker unless another is named. */
export async function makeManageKey(
  server: Server,
  maker: Pick<Person, 'token' | 'name'>,
  { owner, ...more }: { owner?: Pick<Person, 'uid' | 'name'>; readonly expires_at?: string } = {},
): Promise<Key> {
  const json = { type: 'apikey', scope: 'manage', ...more };
  const path = `/users/${owner?.uid ?? 'me'}/secrets`;
  const answer = await server.call('POST', path, { bearer: maker.token, json });
  assert.equal(answer.status, 200, answer.text);
  const { token } = bodyOf(answer) as { token?: string };
  if (token !== undefined) (maker as { token: string }).token = token;
  return { uid: member(answer, 'uid'), name: owner?.name ?? maker.name, secret: member(answer, 'secret'), answer };
}

/** Logs in with a key. */
export const tryKey = (server: Server, { name, secret }: Pick<Key, 'name' | 'secret'>, account = 'root') =>
  server.call('GET', `/auth/password?account=${account}`, { basic: [name, secret] });

export const logInWith = async (server: Server, key: Key, account?: string) =>
  member(await tryKey(server, key, account), 'token');

/** Another administrator of the root account. */
export async function addAdministrator(server: Server, username: string): Promise<Person> {
  const password = `the secret of ${username}`;
  const given = { username, password, roles: ['admin'] };
  const made = await door(server)(201, 'PUT', 'accounts/root/users', given);
  const { id: uid } = bodyOf(made)['data'] as { id: string };
  return { uid, name: username, password, token: await server.logIn({ name: username, password }) };
}

type LogIn = (server: Server, key: Key) => Promise<string>;

/** Every login that takes a key, and the token of its session. */
export const doorsOfKeys: Readonly<Record<string, LogIn>> = {
  'GET /auth/password': (server, key) => logInWith(server, key),
  'POST /mfa/authtoken/login': async (server, { name, secret }) =>
    member(await server.call('POST', '/mfa/authtoken/login', { json: { username: name, password: secret } }), 'token'),
  'POST /mfa/oauth2/token': async (server, { name, secret }) => {
    const app = await addApp(server, { scopes: ['manage'], default_scopes: ['manage'] });
    return tokensOf(await grant(server, app, { name, password: secret })).access;
  },
  'PUT /v2/user_auth': async (server, { name, secret }) => {
    const given = { username: name, password: secret, account_name: 'root' };
    return String(bodyOf(await door(server, undefined)(201, 'PUT', 'user_auth', given))['auth_token']);
  },
};
