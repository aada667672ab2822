/** Logins at each door, and their refusals. */
import assert from 'node:assert/strict';
import { second } from '../src/base/clock.ts';
import type { Ask } from './nodes.ts';
import { member, type Answer, type Person, type Server } from './server.ts';

export type Credentials = Pick<Person, 'name' | 'password'>;

/** The credentials of an OAuth2 client, as members of a body. */
export type OAuthApp = { readonly client_id: string; readonly client_secret: string };

export async function addOAuthApp(server: Server): Promise<OAuthApp> {
  const scopes = ['mfa'];
  const json = { name: 'an application', grant_types: ['password', 'refresh_token'], scopes, default_scopes: scopes };
  const bearer = await server.logIn(server.admin);
  const made = await server.call('POST', '/oauth2/clients', { bearer, json });
  return { client_id: member(made, 'client_id'), client_secret: member(made, 'client_secret') };
}

/** The second factor of a login. */
type Codes = { readonly mfa_code?: unknown; readonly backup_code?: string };

/** A login in one request, at both of Deux's routes and with both methods. */
export type Login = (call: Ask, who: Credentials, codes?: Codes) => Promise<Answer>;

/** The four operations that take both factors at once, and send a code where the second is missing. */
export function singleRequestLogins(app: OAuthApp): Readonly<Record<string, Login>> {
  const authtoken =
    (method: string): Login =>
    (call, { name, password }, codes) =>
      call(method, '/mfa/authtoken/login/', { json: { username: name, password, ...codes } });
  const oauth2 =
    (method: string): Login =>
    (call, { name, password }, codes) => {
      const json = { ...app, grant_type: 'password', username: name, password, ...codes };
      return call(method, '/mfa/oauth2/token/', { json });
    };
  return {
    'PUT /mfa/authtoken/login': authtoken('PUT'),
    'POST /mfa/authtoken/login': authtoken('POST'),
    'PUT /mfa/oauth2/token': oauth2('PUT'),
    'POST /mfa/oauth2/token': oauth2('POST'),
  };
}

const phone = '+12133734253';

/** Enables codes by text message, and moves the clock so that another message may be sent. */
export async function enableSms(server: Server, { token: bearer }: Pick<Person, 'token'>, to = phone): Promise<void> {
  const asked = await server.call('PUT', '/mfa/sms/request', { bearer, json: { phone_number: to } });
  assert.equal(asked.status, 200, asked.text);
  const json = { mfa_code: newestCode(server) };
  const verified = await server.call('PUT', '/mfa/sms/verify', { bearer, json });
  assert.equal(verified.status, 200, verified.text);
  server.clock.tick(30 * second);
}

export const newestCode = ({ sent }: Pick<Server, 'sent'>): string =>
  sent.findLast(({ code }) => code !== undefined)?.code ?? assert.fail('no code was sent');

/** The members of an answer's body. */
export const bodyOf = ({ json }: Answer) => (json ?? {}) as Readonly<Record<string, unknown>>;

/** The access token of an answer in any dialect; undefined where it has none. */
export function tokenOf(answer: Answer): string | undefined {
  const { token, access_token } = bodyOf(answer);
  const found = token ?? access_token;
  return typeof found === 'string' ? found : undefined;
}

/** The claims of an access token. */
export function claimsOf(token: string): {
  readonly amr: readonly string[];
  readonly acr: string;
  readonly sid: string;
} {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as ReturnType<typeof claimsOf>;
}

/** Asserts that an answer has no token of any kind. */
export function assertNoToken(answer: Answer): void {
  const words = ['token', 'access_token', 'refresh_token', 'mfa_token', 'challenge_token'];
  const found = words.filter((word) => word in bodyOf(answer));
  assert.deepEqual(found, [], `${answer.asked} answered ${answer.status} ${answer.text}`);
  assert.ok(!answer.headers.has('location'), answer.asked);
}

/** Asserts that a door refused a proof as wrong, or with a rate limit. */
export function assertRefused(answer: Answer): void {
  assertNoToken(answer);
  const { status, asked, text } = answer;
  const { error, code } = bodyOf(answer) as { readonly error?: string; readonly code?: string };
  const summary = [status, error ?? code].filter((word) => word !== undefined).join(' ');
  const route = asked.replace(/^[A-Z]+ /, '').replace(/\/$/, '');
  const expected = refusals[route.replace(/\/(?:sms|totp|email)\//, '/{method}/')] ?? assert.fail(asked);
  assert.ok(expected.includes(summary), `${asked} answered ${status} ${text}`);
}

const refusals: Readonly<Record<string, readonly string[]>> = {
  '/mfa/authtoken/login': ['400', '429'],
  '/mfa/oauth2/token': ['400 invalid_grant', '429 temporarily_unavailable'],
  '/auth/totp': ['401 invalid_code', '401 invalid_challenge', '429 throttled'],
  // The session has ended when the backup code was used in between.
  '/mfa/{method}/verify': ['400', '401', '429'],
};
