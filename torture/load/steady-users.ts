/** People who log in again and again, for as long as an hour of the servers' time. */
import { base32Decode } from '../../src/base/base32.ts';
import { hotp } from '../../src/factors/totp.ts';
import { basic, bearer, type Answer, type Ask, type Connection } from '../../kit/load/client.ts';
import { expect, jsonOf, type Json } from '../../kit/load/people.ts';
import { administratorsPassword } from './lab.ts';

export type OAuthClient = { readonly id: string; readonly secret: string };

export type Regular = {
  readonly connection: Connection;
  readonly client: OAuthClient;
  readonly name: string;
  readonly password: string;
  /** Their authenticator app, and the newest step of which they showed the code. */
  readonly app: { readonly name: string; readonly key: Buffer; last: number };
  /** The servers' time. */
  readonly now: () => number;
  /** What their access tokens and names are told apart by. */
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
export async function makeRegular(given: Pick<Regular, 'connection' | 'client' | 'now'>, at: number): Promise<Regular> {
  const { connection } = given;
  const password = 'the password of a regular';
  const [name, withApp] = [`regular-${at}`, `with-app-${at}`];
  await expect(connection, 201, { path: '/users', json: { name, password } });
  const { token } = await json(connection, 201, { path: '/users', json: { name: withApp, password } });
  const headers = bearer(String(token));
  const made = await json(connection, 200, { path: '/users/me/secrets', headers, json: { type: 'mfa' } });
  const key = base32Decode((made['secret'] as { readonly secret: string }).secret) ?? Buffer.alloc(0);
  const regular = { ...given, name, password, app: { name: withApp, key, last: 0 }, count: 0 };
  const path = `/users/me/secrets/${String(made['uid'])}/enroll`;
  await expect(connection, 200, { method: 'PUT', path, headers, json: { token: codeOf(regular) } });
  return regular;
}

/** The code of this moment; undefined when it was shown already. */
function codeOf({ app, now }: Regular): string | undefined {
  const step = Math.floor(now() / period);
  if (step <= app.last) return undefined;
  app.last = step;
  return hotp(app.key, step, { algorithm: 'SHA1', digits: 6 });
}

/** What one does at a time; each is one login or a try at one. */
export const habits: readonly ((regular: Regular) => Promise<void>)[] = [
  logInAndLook,
  logInWithCode,
  logInAndLook,
  logInAtAuthtoken,
  logInAndRefresh,
  guessAtNobody,
  logInAndLook,
  logInAndOut,
  logInWithWrongPassword,
  logInAndLook,
];

const passwordLogin = (name: string, password: string): Ask => ({
  path: '/auth/password',
  headers: basic(name, password),
});

async function logIn({ connection, name, password }: Regular): Promise<string> {
  return String((await json(connection, 200, passwordLogin(name, password)))['token']);
}

async function logInAndLook(regular: Regular): Promise<void> {
  const headers = bearer(await logIn(regular));
  await expect(regular.connection, 200, { path: '/users/me', headers });
  await expect(regular.connection, 200, { path: '/users/me', headers });
}

async function logInWithCode(regular: Regular): Promise<void> {
  const { connection, app, password } = regular;
  const asked = await json(connection, 302, passwordLogin(app.name, password));
  const token = codeOf(regular) ?? '000000';
  const right = token !== '000000';
  const answer = { challenge_token: asked['challenge_token'], token };
  // Whoever's code was used already types another one, and after some has to wait.
  await among(connection, right ? [200, 429] : [401, 429], { path: '/auth/totp', json: answer });
}

async function logInAtAuthtoken({ connection, name, password }: Regular): Promise<void> {
  await expect(connection, 200, { path: '/mfa/authtoken/login/', json: { username: name, password } });
}

async function logInAndRefresh({ connection, client, name, password }: Regular): Promise<void> {
  const path = '/mfa/oauth2/token/';
  const headers = basic(client.id, client.secret);
  let asked: Json = { grant_type: 'password', username: name, password };
  for (let turn = 0; turn < 3; turn += 1) {
    const given = await json(connection, 200, { path, headers, json: asked });
    asked = { grant_type: 'refresh_token', refresh_token: given['refresh_token'] };
  }
}

async function guessAtNobody(regular: Regular): Promise<void> {
  const name = `nobody-${regular.name}-${(regular.count += 1)}`;
  await among(regular.connection, [401], passwordLogin(name, 'a guess'));
  // And what nobody has, at a path of its own.
  await among(regular.connection, [404], { path: `/${name}` });
}

async function logInAndOut(regular: Regular): Promise<void> {
  const headers = bearer(await logIn(regular));
  await among(regular.connection, [204], { method: 'DELETE', path: '/sessions/current', headers });
  await among(regular.connection, [401], { path: '/users/me', headers });
}

/** Of users who exist and have nobody to mind them. */
async function logInWithWrongPassword({ connection, app }: Regular): Promise<void> {
  await among(connection, [401, 429], passwordLogin('admin', `a guess by ${app.name}`));
}

/** Asks, and reads the JSON of the answer that is due. */
async function json(connection: Connection, status: number, ask: Ask): Promise<Json> {
  return jsonOf(await expect(connection, status, ask));
}

async function among(connection: Connection, statuses: readonly number[], ask: Ask): Promise<Answer> {
  const answer = await connection.ask(ask);
  if (statuses.includes(answer.status)) return answer;
  throw new Error(`${ask.path} answered ${answer.status} ${answer.text}`);
}
