import assert from 'node:assert/strict';
import type { Answer, Person, Server } from '../../../../kit/server.ts';

export type Members = Readonly<Record<string, unknown>>;
export type App = { readonly id: string; readonly secret: string };

export const tokenPath = '/mfa/oauth2/token/';
export const form = 'application/x-www-form-urlencoded';
export const both = ['password', 'refresh_token'];

/** A client as an administrator makes it. */
export async function addApp(server: Server, more: Members = {}): Promise<App> {
  const json = { name: 'app', grant_types: both, scope: 'read write', ...more };
  const made = await server.call('POST', '/oauth2/clients', { bearer: server.admin.token, json });
  assert.equal(made.status, 201, made.text);
  const { client_id: id, client_secret: secret = '' } = membersOf(made);
  return { id: String(id), secret: String(secret) };
}

/** A form, as OAuth2's clients send one; with an app, its credentials are in the body. */
export function post(server: Server, path: string, members: Readonly<Record<string, string>>, app?: App) {
  const own = app && { client_id: app.id, ...(app.secret !== '' && { client_secret: app.secret }) };
  const body = new URLSearchParams({ ...members, ...own }).toString();
  return server.call('POST', path, { body, headers: { 'Content-Type': form } });
}

export const passwordOf = ({ name, password }: Pick<Person, 'name' | 'password'>) => ({
  grant_type: 'password',
  username: name,
  password,
});

export const grant = (
  server: Server,
  app: App,
  who: Pick<Person, 'name' | 'password'>,
  more: Readonly<Record<string, string>> = {},
) => post(server, tokenPath, { ...passwordOf(who), ...more }, app);

export const renew = (server: Server, app: App, refreshToken: unknown, more: Readonly<Record<string, string>> = {}) =>
  post(server, tokenPath, { grant_type: 'refresh_token', refresh_token: String(refreshToken), ...more }, app);

export function membersOf({ json }: Answer): Members {
  assert.ok(typeof json === 'object' && json !== null);
  return json as Members;
}

/** What an answer to a grant carries; another answer fails the test. */
export function tokensOf(answer: Answer) {
  assert.equal(answer.status, 200, answer.text);
  const { access_token: access, refresh_token: refreshToken } = membersOf(answer);
  return { access: String(access), refreshToken: String(refreshToken) };
}

/** RFC 6749 section 5.2, and beside it Deux's `detail` with the same sentence. */
export function assertError(answer: Answer, status: number, error: string, sentence?: string | RegExp): void {
  const about = `${answer.asked} answered ${answer.status} ${answer.text}`;
  const members = membersOf(answer);
  assert.deepEqual([answer.status, members['error']], [status, error], about);
  assert.deepEqual(Object.keys(members).toSorted(), ['detail', 'error', 'error_description'], about);
  assert.equal(members['detail'], members['error_description'], about);
  if (sentence instanceof RegExp) assert.match(String(members['detail']), sentence, about);
  else if (sentence !== undefined) assert.equal(members['detail'], sentence, about);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
}

export const sentences = {
  credentials: 'Unable to log in with provided credentials.',
  code: 'Please enter a valid code.',
  backupCode: 'Please enter a valid backup code.',
  bothCodes: 'Login does not take both a verification and backup code.',
};
