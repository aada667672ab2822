/** Users who log in again and again. */
import { base32Decode } from '../../src/base/base32.ts';
import { hotp } from '../../src/factors/totp.ts';
import { basic, bearer, type Answer, type Ask, type Connection } from '../../kit/load/client.ts';
import { expect, jsonOf, type Json } from '../../kit/load/people.ts';
import { administratorsPassword } from './lab.ts';

export type OAuthClient = { readonly id: string; readonly secret: string };

export type SteadyUser = {
  readonly connection: Connection;
  readonly client: OAuthClient;
  readonly name: string;
  readonly password: string;
  /** Their authenticator app, and the newest step whose code was sent. */
  readonly app: { readonly name: string; readonly key: Buffer; last: number };
  /** Virtual time. */
  readonly now: () => number;
  /** Makes the unknown names that they try unique. */
  count: number;
};

/** Milliseconds. */
const period = 30_000;

export async function makeOAuthClient(connection: Connection): Promise<OAuthClient> {
  const headers = basic('admin', administratorsPassword);
  const { token } = await json(connection, 200, { path: '/auth/password', headers });
  const client = { name: 'app', grant_types: ['password', 'refresh_token'] };
  const path = '/oauth2/clients';
  const made = await json(connection, 201, { path, headers: bearer(String(token)), json: client });
  return { id: String(made['client_id']), secret: String(made['client_secret']) };
}

/** Two users: one has a password only, the other an app too. */
export async function makeSteadyUser(
  given: Pick<SteadyUser, 'connection' | 'client' | 'now'>,
  at: number,
): Promise<SteadyUser> {
  const { connection } = given;
  const password = 'the password of a steady user';
  const [name, withApp] = [`steady-${at}`, `with-app-${at}`];
  await expect(connection, 201, { path: '/users', json: { name, password } });
  const { token } = await json(connection, 201, { path: '/users', json: { name: withApp, password } });
  const headers = bearer(String(token));
  const made = await json(connection, 200, { path: '/users/me/secrets', headers, json: { type: 'mfa' } });
  const key = base32Decode((made['secret'] as { readonly secret: string }).secret) ?? Buffer.alloc(0);
  const user = { ...given, name, password, app: { name: withApp, key, last: 0 }, count: 0 };
  const path = `/users/me/secrets/${String(made['uid'])}/enroll`;
  await expect(connection, 200, { method: 'PUT', path, headers, json: { token: codeOf(user) } });
  return user;
}

/** The current code; undefined when it was sent already. */
function codeOf({ app, now }: SteadyUser): string | undefined {
  const step = Math.floor(now() / period);
  if (step <= app.last) return undefined;
  app.last = step;
  return hotp(app.key, step, { algorithm: 'SHA1', digits: 6 });
}

/** Each is one login, or one failed attempt. */
export const loginKinds: readonly ((user: SteadyUser) => Promise<void>)[] = [
  logInAndCheck,
  logInWithCode,
  logInAndCheck,
  logInAtAuthtoken,
  logInAndRefresh,
  guessUnknownUser,
  logInAndCheck,
  logInAndLogOut,
  logInWithWrongPassword,
  logInAndCheck,
];

const passwordLogin = (name: string, password: string): Ask => ({
  path: '/auth/password',
  headers: basic(name, password),
});

async function logIn({ connection, name, password }: SteadyUser): Promise<string> {
  return String((await json(connection, 200, passwordLogin(name, password)))['token']);
}

async function logInAndCheck(user: SteadyUser): Promise<void> {
  const headers = bearer(await logIn(user));
  await expect(user.connection, 200, { path: '/users/me', headers });
  await expect(user.connection, 200, { path: '/users/me', headers });
}

async function logInWithCode(user: SteadyUser): Promise<void> {
  const { connection, app, password } = user;
  const asked = await json(connection, 302, passwordLogin(app.name, password));
  const token = codeOf(user) ?? '000000';
  const right = token !== '000000';
  const answer = { challenge_token: asked['challenge_token'], token };
  // A user whose code was used sends a wrong one, and is rate limited after some.
  await expectOneOf(connection, right ? [200, 429] : [401, 429], { path: '/auth/totp', json: answer });
}

async function logInAtAuthtoken({ connection, name, password }: SteadyUser): Promise<void> {
  await expect(connection, 200, { path: '/mfa/authtoken/login/', json: { username: name, password } });
}

async function logInAndRefresh({ connection, client, name, password }: SteadyUser): Promise<void> {
  const path = '/mfa/oauth2/token/';
  const headers = basic(client.id, client.secret);
  let asked: Json = { grant_type: 'password', username: name, password };
  for (let turn = 0; turn < 3; turn += 1) {
    const given = await json(connection, 200, { path, headers, json: asked });
    asked = { grant_type: 'refresh_token', refresh_token: given['refresh_token'] };
  }
}

async function guessUnknownUser(user: SteadyUser): Promise<void> {
  const name = `nobody-${user.name}-${(user.count += 1)}`;
  await expectOneOf(user.connection, [401], passwordLogin(name, 'a guess'));
  // And an unknown path.
  await expectOneOf(user.connection, [404], { path: `/${name}` });
}

async function logInAndLogOut(user: SteadyUser): Promise<void> {
  const headers = bearer(await logIn(user));
  await expectOneOf(user.connection, [204], { method: 'DELETE', path: '/sessions/current', headers });
  await expectOneOf(user.connection, [401], { path: '/users/me', headers });
}

/** For a user that exists. */
async function logInWithWrongPassword({ connection, app }: SteadyUser): Promise<void> {
  await expectOneOf(connection, [401, 429], passwordLogin('admin', `a guess by ${app.name}`));
}

/** Expects a status, and returns the JSON of the answer. */
async function json(connection: Connection, status: number, ask: Ask): Promise<Json> {
  return jsonOf(await expect(connection, status, ask));
}

async function expectOneOf(connection: Connection, statuses: readonly number[], ask: Ask): Promise<Answer> {
  const answer = await connection.ask(ask);
  if (statuses.includes(answer.status)) return answer;
  throw new Error(`${ask.path} answered ${answer.status} ${answer.text}`);
}
