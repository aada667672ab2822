/** Logins at Better Auth. */
import { cookieOf, type Ask, type Connection } from '../kit/load/client.ts';
import { appOf, expect, jsonOf, nextCode, type App, type Dialect, type Person } from '../kit/load/people.ts';

const headers = { Origin: 'http://127.0.0.1' };

const at = (path: string, json: object, cookie = ''): Ask => ({
  path: `/api/auth${path}`,
  headers: { ...headers, Cookie: cookie },
  json,
});

const emailOf = (name: string) => `${name}@bench.example`;

export const betterAuth: Dialect = {
  async register(connection, name, withApp) {
    const password = `the password of ${name}`;
    const made = await expect(connection, 200, at('/sign-up/email', { name, email: emailOf(name), password }));
    const person = { name, password, session: cookieOf(made) };
    return withApp ? { ...person, app: await enroll(connection, person) } : person;
  },

  async logIn(connection, person) {
    const { text } = await signIn(connection, person);
    if (text.includes('twoFactorRedirect')) throw new Error(`${person.name} was asked for a second factor`);
  },

  async begin(connection, person) {
    const asked = await signIn(connection, person);
    if (!asked.text.includes('twoFactorRedirect')) throw new Error(`${person.name} was not asked for a second factor`);
    return cookieOf(asked);
  },

  async finish(connection, begun, code) {
    return cookieOf(await expect(connection, 200, at('/two-factor/verify-totp', { code }, begun)));
  },

  whoAmI: (session) => ({ path: '/api/auth/get-session', headers: { ...headers, Cookie: session } }),
};

function signIn(connection: Connection, { name, password }: Person) {
  return expect(connection, 200, at('/sign-in/email', { email: emailOf(name), password }));
}

async function enroll(connection: Connection, { password, session }: Person): Promise<App> {
  const made = await expect(connection, 200, at('/two-factor/enable', { password }, session));
  const app = appOf(new URL(String(jsonOf(made)['totpURI'])).searchParams.get('secret'));
  await expect(connection, 200, at('/two-factor/verify-totp', { code: nextCode({ app }) }, session));
  return app;
}
