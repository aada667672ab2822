/** The doors at which somebody logs in, and what each of them says to whom it does not let in. */
import assert from 'node:assert/strict';
import { second } from '../src/base/clock.ts';
import type { Ask } from './nodes.ts';
import { member, type Answer, type Person, type Server } from './server.ts';

export type Who = Pick<Person, 'name' | 'password'>;

/** The credentials of an OAuth2 client, as members of a body. */
export type OAuthApp = { readonly client_id: string; readonly client_secret: string };

export async function addOAuthApp(server: Server): Promise<OAuthApp> {
  const json = { name: 'an application', grant_types: ['password', 'refresh_token'] };
  const bearer = await server.logIn(server.admin);
  const made = await server.call('POST', '/oauth2/clients', { bearer, json });
  return { client_id: member(made, 'client_id'), client_secret: member(made, 'client_secret') };
}

/** What a login brings beside the password. */
type Codes = { readonly mfa_code?: unknown; readonly backup_code?: string };

/** A login in one request, as both of Deux's doors and their two methods have it. */
export type Login = (call: Ask, who: Who, codes?: Codes) => Promise<Answer>;

/** The four routes that take both factors at once, and send a code where the second is missing. */
export function loginsAtOnce(app: OAuthApp): Readonly<Record<string, Login>> {
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

/** Enables codes by text message for somebody; the number may be sent another message afterwards. */
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
export const said = ({ json }: Answer) => (json ?? {}) as Readonly<Record<string, unknown>>;

/** The access token of an answer, in whatever dialect; undefined where it carries none. */
export function tokenOf(answer: Answer): string | undefined {
  const { token, access_token } = said(answer);
  const found = token ?? access_token;
  return typeof found === 'string' ? found : undefined;
}

/** What an access token says of itself. */
export function claimsOf(token: string): { readonly amr: readonly string[]; readonly acr: string } {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as ReturnType<typeof claimsOf>;
}

/** That an answer carries no token of any kind. */
export function assertNoToken(answer: Answer): void {
  const words = ['token', 'access_token', 'refresh_token', 'mfa_token', 'challenge_token'];
  const found = words.filter((word) => word in said(answer));
  assert.deepEqual(found, [], `${answer.asked} answered ${answer.status} ${answer.text}`);
  assert.ok(!answer.headers.has('location'), answer.asked);
}

/** That a proof was refused in the words of the door it was brought to: it is wrong, or one has to wait. */
export function assertRefused(answer: Answer): void {
  assertNoToken(answer);
  const { status, asked, text } = answer;
  const { error, code } = said(answer) as { readonly error?: string; readonly code?: string };
  const told = [status, error ?? code].filter((word) => word !== undefined).join(' ');
  const route = asked.replace(/^[A-Z]+ /, '').replace(/\/$/, '');
  const expected = refusals[route.replace(/\/(?:sms|totp|email)\//, '/{method}/')] ?? assert.fail(asked);
  assert.ok(expected.includes(told), `${asked} answered ${status} ${text}`);
}

const refusals: Readonly<Record<string, readonly string[]>> = {
  '/mfa/authtoken/login': ['400', '429'],
  '/mfa/oauth2/token': ['400 invalid_grant', '429 temporarily_unavailable'],
  '/auth/totp': ['401 invalid_code', '401 invalid_challenge', '429 throttled'],
  // Its session is over when the backup code was used meanwhile.
  '/mfa/{method}/verify': ['400', '401', '429'],
};
