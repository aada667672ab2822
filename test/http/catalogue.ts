/**
 * What the tests know of each route of the table: what it does, and what good requests to it are. A route that is not here fails
 * every test that walks the table, so that nobody adds one without saying what it may do to whom.
 */
import assert from 'node:assert/strict';
import type { Kind } from '../../src/factors/registry.ts';
import type { Route } from '../../src/http/route.ts';
import { malformedOf, notYet, otherRoutes, otherSeconds, requestOf, type Responses } from './other-seconds.ts';

/**
 * `tells`: the same for everybody. `factors`: changes what a login rests on, and so asks for step-up. `serves a client`: asks for the
 * credentials of an OAuth2 client. `manages`: for administrators. `asks`: has somebody prove a second factor. `keeps users`: for a service. `refuses`: does nothing for Ada, whatever her session has proven.
 */
export type Does =
  | 'tells'
  | 'logs in'
  | 'answers a challenge'
  | 'makes a user'
  | 'reads'
  | 'ends sessions'
  | 'factors'
  | 'serves a client'
  | 'manages'
  | 'asks'
  | 'keeps users'
  | 'refuses';

/** Whom and what the requests are about. */
export type Cast = {
  readonly uid: string;
  /** An authenticator of theirs that works, and one that is not confirmed. */
  readonly secretId: string;
  readonly pendingId: string;
  readonly sid: string;
  /** A user of a service's application, with an app that is not confirmed. */
  readonly external?: { readonly name: string; readonly pendingId: string };
  /** An OAuth2 client; nobody's when absent. */
  readonly clientId?: string;
  /** Ids in the path, by parameter, in place of nobody's. */
  readonly ids?: Readonly<Record<string, string>>;
  /** A right code, and those that were sent to a number and an address of theirs that are not confirmed. */
  readonly code: unknown;
  readonly smsCode?: string;
  readonly emailCode?: string;
  /** Responses to the requests of other second factors, by kind. */
  readonly others?: Readonly<Record<string, Responses>>;
  /** What says that they know their password. */
  readonly currentPassword?: string;
};

export const nobody = '0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee';

/** Nobody and nothing that is there. */
export const strangers: Cast = { uid: nobody, secretId: nobody, pendingId: nobody, sid: nobody, code: '123456' };

type Known = {
  readonly does: Does;
  readonly bodies?: (cast: Cast) => readonly unknown[];
  /** The member of the body that carries a code. */
  readonly code?: string;
  /** Malformed responses, where the member is more than a code. */
  readonly malformed?: Readonly<Record<string, unknown>>;
  /** Whose id stands in the path as `secretId`. */
  readonly secret?: 'pendingId';
  /** Whether the first factor stands in the body, and not in HTTP Basic. */
  readonly firstInBody?: true;
  /** Whether the body stands in `data`. */
  readonly inData?: true;
  /** Whether null clears a member, and nothing at all changes nothing, though it is no PATCH. */
  readonly merges?: true;
  /** How a login is refused: 401 when absent. */
  readonly refusal?: 400;
};

const enrolling: Known = {
  does: 'factors',
  bodies: ({ code }) => [{ token: code }],
  code: 'token',
  secret: 'pendingId',
};

const deuxLogin: Known = {
  does: 'logs in',
  bodies: () => [{ username: 'nobody', password: 'nobody has this' }],
  firstInBody: true,
  refusal: 400,
};

const client = { client_id: nobody, client_secret: 'no client has this' };

const tokenRequest: Known = {
  does: 'serves a client',
  bodies: () => [{ ...client, grant_type: 'password', username: 'nobody', password: 'nobody has this' }],
};

/** At the accounts door. A stranger's id stands for an account, and nobody's for a user and an attempt. */
const managesAccounts = (...data: readonly object[]): Known => ({
  does: 'manages',
  ...(data.length > 0 && { bodies: () => data.map((one) => ({ data: one })) }),
  inData: true,
});

const provider = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, settings: {} };

/** The two steps in which the self-service door enables a second factor that has no rows of its own below. */
const enablesOther = (kind: Kind): Readonly<Record<string, Known>> => ({
  [`PUT /mfa/${kind}/request`]: { does: 'factors', bodies: () => [requestOf(kind)] },
  [`PUT /mfa/${kind}/verify`]: {
    does: 'factors',
    bodies: ({ others }) => [{ mfa_code: others?.[kind]?.right ?? '123456' }],
    code: 'mfa_code',
    malformed: malformedOf(kind),
  },
});

const known: Readonly<Record<string, Known>> = {
  'PUT /mfa/authtoken/login': deuxLogin,
  'POST /mfa/authtoken/login': deuxLogin,
  'PUT /mfa/oauth2/token': tokenRequest,
  'POST /mfa/oauth2/token': tokenRequest,
  'POST /oauth2/introspect': { does: 'serves a client', bodies: () => [{ ...client, token: 'no token' }] },
  'POST /oauth2/revoke': { does: 'serves a client', bodies: () => [{ ...client, token: 'no token' }] },
  'GET /oauth2/clients': { does: 'manages' },
  'POST /oauth2/clients': { does: 'manages', bodies: () => [{ name: 'a client', grant_types: ['password'] }] },
  'GET /oauth2/clients/{id}': { does: 'manages' },
  'PATCH /oauth2/clients/{id}': { does: 'manages', bodies: () => [{ name: 'another name' }] },
  'DELETE /oauth2/clients/{id}': { does: 'manages' },

  'GET /mfa': { does: 'reads' },
  'DELETE /mfa': { does: 'factors' },
  'GET /mfa/recovery': { does: 'factors' },
  'PUT /mfa/sms/request': { does: 'factors', bodies: () => [{ phone_number: '+12133734253' }] },
  'PUT /mfa/sms/verify': {
    does: 'factors',
    bodies: ({ smsCode = '123456' }) => [{ mfa_code: smsCode }],
    code: 'mfa_code',
  },
  'PUT /mfa/email/request': { does: 'factors', bodies: () => [{ email: 'lovelace@example.org' }] },
  'PUT /mfa/email/verify': {
    does: 'factors',
    bodies: ({ emailCode = '123456' }) => [{ mfa_code: emailCode }],
    code: 'mfa_code',
  },
  // She has an app already, and this door knows one of each kind.
  'PUT /mfa/totp/request': { does: 'refuses', bodies: () => [{ label: 'a phone' }] },
  'PUT /mfa/totp/verify': { does: 'refuses', bodies: ({ code }) => [{ mfa_code: code }] },
  ...Object.fromEntries(notYet.map((name) => [name, { does: 'refuses' }])),
  ...Object.fromEntries(
    otherSeconds.flatMap((kind) => Object.entries(enablesOther(kind)).filter(([name]) => otherRoutes.includes(name))),
  ),

  'GET /auth/password': { does: 'logs in' },
  'POST /auth/password': { does: 'logs in' },
  'POST /auth/totp': { does: 'answers a challenge', bodies: ({ code }) => [{ token: code }], code: 'token' },

  'POST /challenges': { does: 'asks', bodies: () => [{ factors: ['totp'] }] },
  'GET /challenges/{id}': { does: 'answers a challenge' },
  'POST /challenges/{id}/send': { does: 'answers a challenge', bodies: ({ secretId }) => [{ factor_id: secretId }] },
  'POST /challenges/{id}/redeem': { does: 'keeps users', bodies: () => [{ assertion: 'no.assertion' }] },
  'POST /challenges/{id}/verify': { does: 'answers a challenge', bodies: ({ code }) => [{ code }], code: 'code' },

  'GET /forward-auth': { does: 'reads' },
  'GET /sessions': { does: 'reads' },
  'DELETE /sessions': { does: 'ends sessions' },
  'DELETE /sessions/current': { does: 'ends sessions' },
  'DELETE /sessions/{sid}': { does: 'ends sessions' },
  'GET /users/{uid}/sessions': { does: 'reads' },
  'DELETE /users/{uid}/sessions': { does: 'ends sessions' },
  'DELETE /users/{uid}/sessions/{sid}': { does: 'ends sessions' },

  'POST /users': { does: 'makes a user', bodies: () => [{ name: 'newcomer', password: 'a newcomer has this' }] },
  'GET /users': { does: 'reads' },
  'GET /users/{uid}': { does: 'reads' },
  'PATCH /users/{uid}': { does: 'factors', bodies: () => [{ email: 'elsewhere@example.org' }] },
  'DELETE /users/{uid}': { does: 'factors' },

  'PUT /users/{uid}': { does: 'keeps users', bodies: () => [{ email: 'elsewhere@example.org' }], merges: true },
  'GET /users/{externalId}/factors': { does: 'keeps users' },
  'POST /users/{externalId}/factors': { does: 'keeps users', bodies: () => [{ type: 'totp' }] },
  'POST /users/{externalId}/factors/{factorId}/confirm': {
    does: 'keeps users',
    bodies: () => [{ code: '123456' }],
    code: 'code',
  },
  'DELETE /users/{externalId}/factors/{factorId}': { does: 'keeps users' },
  'POST /users/{externalId}/recovery-codes': { does: 'keeps users', bodies: () => [{ challenge_id: nobody }] },

  'GET /users/{uid}/secrets': { does: 'reads' },
  'GET /users/{uid}/secrets/count': { does: 'reads' },
  'GET /users/{uid}/secrets/{secretId}': { does: 'reads' },
  'POST /users/{uid}/secrets': {
    does: 'factors',
    bodies: ({ currentPassword }) => [
      { type: 'password', secret: 'yet another password', ...(currentPassword !== undefined && { currentPassword }) },
      { type: 'apikey' },
      { type: 'device', secret: 'a secret that a device made' },
      { type: 'mfa' },
    ],
  },
  'POST /users/{uid}/secrets/codes': { does: 'factors' },
  'PUT /users/{uid}/secrets/{secretId}/enroll': enrolling,
  'PUT /users/{uid}/secrets/{secretId}': enrolling,
  'DELETE /users/{uid}/secrets/{secretId}': { does: 'factors' },

  'PUT /v2/user_auth': {
    does: 'logs in',
    bodies: () => [{ data: { username: 'nobody', password: 'nobody has this' } }],
    firstInBody: true,
    inData: true,
  },
  'PUT /v2/accounts/{id}': managesAccounts({ name: 'a child' }),
  'GET /v2/accounts/{id}': managesAccounts(),
  'POST /v2/accounts/{id}': managesAccounts({ name: 'another name' }),
  'PATCH /v2/accounts/{id}': managesAccounts({ name: 'another name' }),
  'DELETE /v2/accounts/{id}': managesAccounts(),
  'POST /v2/accounts/{id}/move': managesAccounts({ to: 'root' }),
  'GET /v2/accounts/{id}/children': managesAccounts(),
  'GET /v2/accounts/{id}/descendants': managesAccounts(),
  'GET /v2/accounts/{id}/parents': managesAccounts(),
  'PUT /v2/accounts/{id}/users': managesAccounts({ username: 'newcomer' }),
  'GET /v2/accounts/{id}/users': managesAccounts(),
  'GET /v2/accounts/{id}/users/{userId}': managesAccounts(),
  'POST /v2/accounts/{id}/users/{userId}': managesAccounts({ username: 'another name' }),
  'PATCH /v2/accounts/{id}/users/{userId}': managesAccounts({ email: 'elsewhere@example.org' }),
  'DELETE /v2/accounts/{id}/users/{userId}': managesAccounts(),
  'GET /v2/security': { does: 'reads' },
  'GET /v2/accounts/{id}/security': managesAccounts(),
  'POST /v2/accounts/{id}/security': managesAccounts({ auth_modules: {} }),
  'PATCH /v2/accounts/{id}/security': managesAccounts({ auth_modules: { oauth2: { enabled: true } } }),
  'DELETE /v2/accounts/{id}/security': managesAccounts(),
  'GET /v2/accounts/{id}/security/explain': managesAccounts(),
  'POST /v2/accounts/{id}/security/preview': managesAccounts({ auth_modules: {} }),
  'GET /v2/accounts/{id}/multi_factor': managesAccounts(),
  'PUT /v2/accounts/{id}/multi_factor': managesAccounts(provider),
  'GET /v2/accounts/{id}/multi_factor/{configId}': managesAccounts(),
  'POST /v2/accounts/{id}/multi_factor/{configId}': managesAccounts(provider),
  'PATCH /v2/accounts/{id}/multi_factor/{configId}': managesAccounts({ enabled: false }),
  'DELETE /v2/accounts/{id}/multi_factor/{configId}': managesAccounts(),
  'GET /v2/multi_factor': managesAccounts(),
  'PUT /v2/multi_factor': managesAccounts(provider),
  'GET /v2/multi_factor/{name}': managesAccounts(),
  'POST /v2/multi_factor/{name}': managesAccounts(provider),
  'PATCH /v2/multi_factor/{name}': managesAccounts({ enabled: false }),
  'GET /v2/accounts/{id}/multi_factor/attempts': managesAccounts(),
  'GET /v2/accounts/{id}/multi_factor/attempts/{attemptId}': managesAccounts(),
  'GET /v2/accounts/{id}/security/attempts': managesAccounts(),
  'GET /v2/accounts/{id}/security/attempts/{attemptId}': managesAccounts(),

  'GET /': { does: 'tells' },
  'GET /problems': { does: 'tells' },
  'GET /problems/{code}': { does: 'tells' },
  'GET /health/live': { does: 'tells' },
  'GET /health/ready': { does: 'tells' },
  'GET /metrics': { does: 'tells' },
  'GET /.well-known/jwks.json': { does: 'tells' },
  'GET /openapi.json': { does: 'tells' },
  'GET /docs': { does: 'tells' },
  'GET /docs/style.css': { does: 'tells' },
};

export const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method.toUpperCase()} ${path}`;

export function knownOf(route: Route): Known {
  return known[nameOf(route)] ?? assert.fail(`test/http/catalogue.ts does not know ${nameOf(route)}`);
}

/** Whether a route asks for a session; some take an enrolment token as well. */
export const asksForSession = ({ access }: Route) =>
  access === 'session' || access === 'enrollment' || access === 'challenge' || access === 'service';

/** The names of routes that the catalogue knows. */
export const knownNames = Object.keys(known);
