import { base32Decode } from '../src/base/base32.ts';
import { hotp } from '../src/factors/totp.ts';
import { basic, bearer, type Ask, type Connection } from './client.ts';

/** Somebody who logs in. */
export type Person = {
  readonly name: string;
  readonly password: string;
  readonly token: string;
  /** Their authenticator app, where they have one. */
  readonly app?: App;
};

type App = { readonly key: Buffer; lastStep: number };

/** Milliseconds. */
const period = 30_000;

/** Asks, and reads the JSON of the answer that is due; any other answer ends the run, for it would be measured as if it were right. */
export async function expect(
  connection: Connection,
  status: number,
  request: Ask,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await connection.ask(request);
  if (answer.status !== status) throw new Error(`${request.path} answered ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as Readonly<Record<string, unknown>>;
}

export async function register(connection: Connection, name: string, withApp: boolean): Promise<Person> {
  const password = `the password of ${name}`;
  const made = await expect(connection, 201, { path: '/users', json: { name, password } });
  const person = { name, password, token: String(made['token']) };
  return withApp ? { ...person, app: await enroll(connection, person.token) } : person;
}

async function enroll(connection: Connection, token: string): Promise<App> {
  const headers = bearer(token);
  const made = await expect(connection, 200, { path: '/users/me/secrets', headers, json: { type: 'mfa' } });
  const { secret } = made['secret'] as { readonly secret: string };
  const app = { key: base32Decode(secret) ?? Buffer.alloc(0), lastStep: -1 };
  const path = `/users/me/secrets/${String(made['uid'])}/enroll`;
  await expect(connection, 200, { method: 'PUT', path, headers, json: { token: await nextCode(app) } });
  return app;
}

/** A code that was not used yet. Steps only grow, so when the app has none left to show, it waits for the clock. */
export async function nextCode(app: App): Promise<string> {
  const now = Date.now();
  const step = Math.max(Math.floor(now / period), app.lastStep + 1);
  if (step > Math.floor(now / period) + 1) {
    await new Promise((resolve) => setTimeout(resolve, period - (now % period)));
    return nextCode(app);
  }
  app.lastStep = step;
  return hotp(app.key, step, { algorithm: 'SHA1', digits: 6 });
}

/** The first half of a login with two factors: the token of the challenge. */
export async function challenge(connection: Connection, { name, password }: Person): Promise<string> {
  const asked = await expect(connection, 302, { path: '/auth/password', headers: basic(name, password) });
  return String(asked['challenge_token']);
}

/** The second half. */
export async function complete(connection: Connection, { app }: Person, challengeToken: string): Promise<void> {
  if (!app) throw new Error('this person has no app');
  const json = { challenge_token: challengeToken, token: await nextCode(app) };
  await expect(connection, 200, { path: '/auth/totp', json });
}

/** A login at the self-service door: the password, and then the password once more with a code. */
export async function logInByAuthtoken(connection: Connection, { name, password, app }: Person): Promise<void> {
  if (!app) throw new Error('this person has no app');
  const path = '/mfa/authtoken/login/';
  const asked = await expect(connection, 200, { path, json: { username: name, password } });
  if (asked['mfa_required'] !== true) throw new Error(`${path} did not ask ${name} for a code`);
  const given = await expect(connection, 200, {
    path,
    json: { username: name, password, mfa_code: await nextCode(app) },
  });
  if (typeof given['token'] !== 'string') throw new Error(`${path} gave ${name} no token`);
}
