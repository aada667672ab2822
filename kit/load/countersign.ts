/** Logins at Countersign. */
import { basic, bearer, type Connection } from './client.ts';
import { pick } from './clients.ts';
import { appOf, expect, jsonOf, nextCode, type App, type Dialect, type Person } from './people.ts';

export const countersign: Dialect = {
  async register(connection, name, withApp) {
    const password = `the password of ${name}`;
    const made = jsonOf(await expect(connection, 201, { path: '/users', json: { name, password } }));
    const person = { name, password, session: String(made['token']) };
    return withApp ? { ...person, ...(await enroll(connection, person.session)) } : person;
  },

  async logIn(connection, { name, password }) {
    await expect(connection, 200, { path: '/auth/password', headers: basic(name, password) });
  },

  async begin(connection, { name, password }) {
    const asked = await expect(connection, 302, { path: '/auth/password', headers: basic(name, password) });
    return String(jsonOf(asked)['challenge_token']);
  },

  async finish(connection, begun, code) {
    const json = { challenge_token: begun, token: code };
    return String(jsonOf(await expect(connection, 200, { path: '/auth/totp', json }))['token']);
  },

  whoAmI: (session) => ({ path: '/users/me', headers: bearer(session) }),
};

/** Enrolls an app. Returns it, and the session's next token. */
async function enroll(
  connection: Connection,
  session: string,
): Promise<Pick<Person, 'session'> & { readonly app: App }> {
  const headers = bearer(session);
  const asked = { path: '/users/me/secrets', headers, json: { type: 'mfa' } };
  const { uid, secret } = jsonOf(await expect(connection, 200, asked));
  const app = appOf((secret as { readonly secret: string }).secret);
  const path = `/users/me/secrets/${String(uid)}/enroll`;
  const enrolled = await expect(connection, 200, { method: 'PUT', path, headers, json: { token: nextCode({ app }) } });
  return { app, session: String(jsonOf(enrolled)['token']) };
}

/** A session steps up: creates a challenge and answers it. */
export async function stepUp(connection: Connection, person: Person): Promise<void> {
  const headers = bearer(person.session);
  const { id } = jsonOf(await expect(connection, 201, { path: '/challenges', headers, json: {} }));
  const path = `/challenges/${String(id)}/verify`;
  const { token } = jsonOf(await expect(connection, 200, { path, headers, json: { code: nextCode(person) } }));
  if (typeof token !== 'string') throw new Error(`${path} gave no token`);
  person.session = token;
}

/** A login at the self-service door: the password, and then the password with a code. */
export async function logInByAuthtoken(connection: Connection, person: Person): Promise<void> {
  const path = '/mfa/authtoken/login/';
  const own = { username: person.name, password: person.password };
  const asked = jsonOf(await expect(connection, 200, { path, json: own }));
  if (asked['mfa_required'] !== true) throw new Error(`${path} did not ask ${person.name} for a code`);
  const given = jsonOf(await expect(connection, 200, { path, json: { ...own, mfa_code: nextCode(person) } }));
  if (typeof given['token'] !== 'string') throw new Error(`${path} gave ${person.name} no token`);
}

export const administrator = { name: 'admin', password: 'the password of the administrator' };

/** An access token of the administrator. */
export async function logInAdministrator(connection: Connection): Promise<string> {
  const headers = basic(administrator.name, administrator.password);
  return String(jsonOf(await expect(connection, 200, { path: '/auth/password', headers }))['token']);
}

/** A family of refresh tokens: its client's credentials, and the newest token. */
export type Family = { readonly headers: Readonly<Record<string, string>>; token: string };

/** Makes an OAuth2 client with some families, distributed among these people. */
export async function openFamilies(
  connection: Connection,
  admin: string,
  count: number,
  people: readonly Person[],
): Promise<readonly Family[]> {
  const json = { name: 'bench', grant_types: ['password', 'refresh_token'], scope: 'read' };
  const made = await expect(connection, 201, { path: '/oauth2/clients', headers: bearer(admin), json });
  const { client_id, client_secret } = jsonOf(made);
  const headers = basic(String(client_id), String(client_secret));
  const families: Family[] = [];
  for (let at = 0; at < count; at += 1) {
    const { name, password } = pick(people, at);
    const family = { headers, token: '' };
    await grant(connection, family, { grant_type: 'password', username: name, password });
    families.push(family);
  }
  return families;
}

export function refresh(connection: Connection, family: Family): Promise<void> {
  return grant(connection, family, { grant_type: 'refresh_token', refresh_token: family.token });
}

async function grant(connection: Connection, family: Family, json: object): Promise<void> {
  const granted = await expect(connection, 200, { path: '/mfa/oauth2/token/', headers: family.headers, json });
  const token = jsonOf(granted)['refresh_token'];
  if (typeof token !== 'string') throw new Error(`no refresh token in ${granted.text}`);
  family.token = token;
}
