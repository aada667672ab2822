/**
 * The class of every operation. A route whose path names a user, a session or a challenge is several operations: on the
 * caller's own, on another's. Where an operation differs from its class, the callers follow.
 */
import assert from 'node:assert/strict';
import { notYet, otherRoutes } from '../../http/other-seconds.ts';
import { access, type Said } from './access.ts';

type Exceptions = Readonly<Record<string, Said>>;
type Operation = string | readonly [group: string, exceptions: Exceptions];

const all = (callers: readonly string[], said: Said): Exceptions =>
  Object.fromEntries(callers.map((name) => [name, said]));

const services = ['service, apikey', 'service, session of apikey'];

/** Where the table says more: a session of a service has only its own user, secrets, sessions and step-up. */
const notForServices = all(['service, session of apikey', 'service, session of password'], '403');

/** Their challenge is answered with the password or an app, and no code is sent. */
const withoutSentCodes = [
  'one factor',
  'one factor, stale',
  'device secret',
  'client with manage',
  'administrator',
  'administrator, one factor',
  'administrator, one factor, stale',
  'administrator, stale + password',
  'administrator, stale',
  'administrator, apikey',
  'administrator, manage key',
  'other tenant',
  'service, session of password',
];

const keysOfAdministrators = ['administrator, apikey', 'administrator, manage key'];

/** That a method is enabled already is the first error to report, before any proof. */
const enabledAlready = (...more: readonly string[]) =>
  all(['two factors, stale', 'before a step-up', 'apikey', ...more], 'ok');

/** Without a request of this kind there is nothing to verify, which is answered like a wrong code. */
const nothingWaits: Exceptions = { 'enrollment token': 'ok', ...notForServices };
const appEnabled = { ...enabledAlready('administrator, stale', ...keysOfAdministrators), ...notForServices };
const requestOther: Operation = ['enroll-other', notForServices];
const verifyOther: Operation = ['enroll-other', nothingWaits];

const enrollments: Readonly<Record<string, Operation>> = {
  'PUT /mfa/totp/request': ['enroll', appEnabled],
  'PUT /mfa/totp/verify': ['enroll', appEnabled],
  'PUT /mfa/sms/request': ['enroll-other', { ...enabledAlready(), ...notForServices }],
  'PUT /mfa/sms/verify': ['enroll-other', { ...enabledAlready(), ...nothingWaits }],
  'PUT /mfa/email/request': requestOther,
  'PUT /mfa/email/verify': verifyOther,
  ...Object.fromEntries(otherRoutes.map((name) => [name, name.endsWith('verify') ? verifyOther : requestOther])),
  // They change nothing: every caller who could enroll is told that there are no passkeys.
  ...Object.fromEntries(notYet.map((name) => [name, ['factors', nothingWaits] as const])),
};

/** Operations that a key with `manage` does not reach. */
const closedToKeys = (group: string): Operation => [group, { 'administrator, manage key': 'key' }];

const sessionsAndChallenges: Readonly<Record<string, Operation>> = {
  'GET /sessions': 'own',
  'DELETE /sessions': closedToKeys('first-party'),
  'DELETE /sessions/current': 'own',
  'DELETE /sessions/{sid}, this one': 'own',
  'DELETE /sessions/{sid}, own': closedToKeys('first-party'),
  "DELETE /sessions/{sid}, another's": 'session',
  'GET /users/{uid}/sessions, own': 'own',
  'DELETE /users/{uid}/sessions, own': closedToKeys('first-party'),
  'DELETE /users/{uid}/sessions/{sid}, own': closedToKeys('first-party'),
  "GET /users/{uid}/sessions, another's": 'read',
  "DELETE /users/{uid}/sessions, another's": 'write',
  "DELETE /users/{uid}/sessions/{sid}, another's": 'write',
  'GET /forward-auth': ['first-party', notForServices],
  'POST /challenges': 'step-up',
  'GET /challenges/{id}, own': 'challenge',
  'POST /challenges/{id}/send, own': ['challenge', all(withoutSentCodes, '404')],
  'POST /challenges/{id}/verify, own': 'challenge',
  "GET /challenges/{id}, another's": 'answer',
  "POST /challenges/{id}/send, another's": 'answer',
  "POST /challenges/{id}/verify, another's": 'answer',
  'POST /challenges/{id}/redeem': 'service',
};

const users: Readonly<Record<string, Operation>> = {
  'POST /users': 'make',
  'GET /users': 'list',
  'GET /users/{uid}, own': 'own',
  'PATCH /users/{uid}, own': ['profile', notForServices],
  'DELETE /users/{uid}, own': [
    'profile',
    { 'service, apikey': '404', 'service, session of apikey': '404', 'service, session of password': '403' },
  ],
  "GET /users/{uid}, another's": 'read',
  "PATCH /users/{uid}, another's": 'write',
  "DELETE /users/{uid}, another's": ['write', all(services, '404')],
  "DELETE /users/{uid}, a service's": ['write', all(services, 'ok')],
  'PUT /users/{uid}': 'service',
  'GET /users/{externalId}/factors': 'service',
  'POST /users/{externalId}/factors': 'service',
  'POST /users/{externalId}/factors/{factorId}/confirm': 'service',
  'DELETE /users/{externalId}/factors/{factorId}': 'service',
  'POST /users/{externalId}/recovery-codes': 'service',

  'GET /mfa': ['own', notForServices],
  'DELETE /mfa': ['change', notForServices],
  // A GET has no body for a password.
  'GET /mfa/recovery': ['change', { 'administrator, stale + password': 'aal1', ...notForServices }],
  'GET /users/{uid}/secrets, own': 'factors',
  'GET /users/{uid}/secrets/count, own': 'factors',
  'GET /users/{uid}/secrets/{secretId}, own': 'factors',
  'POST /users/{uid}/secrets, own, password': 'password',
  'POST /users/{uid}/secrets, own, apikey': 'key',
  'POST /users/{uid}/secrets, own, device': 'key',
  'POST /users/{uid}/secrets, own, mfa': 'enroll',
  'POST /users/{uid}/secrets/codes, own': 'change',
  'PUT /users/{uid}/secrets/{secretId}/enroll, own': ['enroll', notForServices],
  'PUT /users/{uid}/secrets/{secretId}, own': ['enroll', notForServices],
  'DELETE /users/{uid}/secrets/{secretId}, own': 'change',
  "GET /users/{uid}/secrets, another's": 'read',
  "GET /users/{uid}/secrets/count, another's": 'read',
  "GET /users/{uid}/secrets/{secretId}, another's": 'read',
  "POST /users/{uid}/secrets, another's, password": 'theirs',
  "POST /users/{uid}/secrets, another's, apikey": 'theirs',
  "POST /users/{uid}/secrets, another's, device": 'theirs',
  "POST /users/{uid}/secrets, another's, mfa": 'theirs',
  "POST /users/{uid}/secrets/codes, another's": ['theirs', { 'enrollment token': '401' }],
  "PUT /users/{uid}/secrets/{secretId}/enroll, another's": 'theirs',
  "PUT /users/{uid}/secrets/{secretId}, another's": 'theirs',
  "DELETE /users/{uid}/secrets/{secretId}, another's": 'write',
};

const accounts: Readonly<Record<string, Operation>> = {
  'PUT /v2/accounts/{id}': 'write',
  'GET /v2/accounts/{id}': 'read',
  'POST /v2/accounts/{id}': 'write',
  'PATCH /v2/accounts/{id}': 'write',
  'DELETE /v2/accounts/{id}': 'write',
  'POST /v2/accounts/{id}/move': closedToKeys('write'),
  'GET /v2/accounts/{id}/children': 'read',
  'GET /v2/accounts/{id}/descendants': 'read',
  'GET /v2/accounts/{id}/parents': 'read',
  'PUT /v2/accounts/{id}/users': 'write',
  'GET /v2/accounts/{id}/users': 'read',
  'GET /v2/accounts/{id}/users/{userId}': 'read',
  'POST /v2/accounts/{id}/users/{userId}': 'write',
  'PATCH /v2/accounts/{id}/users/{userId}': 'write',
  'DELETE /v2/accounts/{id}/users/{userId}': 'write',
  'GET /v2/security': 'modules',
  'GET /v2/accounts/{id}/security': closedToKeys('read'),
  'POST /v2/accounts/{id}/security': closedToKeys('write'),
  'PATCH /v2/accounts/{id}/security': closedToKeys('write'),
  'DELETE /v2/accounts/{id}/security': closedToKeys('write'),
  'GET /v2/accounts/{id}/security/explain': closedToKeys('read'),
  // It changes nothing.
  'POST /v2/accounts/{id}/security/preview': closedToKeys('read'),
  'GET /v2/accounts/{id}/multi_factor': 'read',
  'PUT /v2/accounts/{id}/multi_factor': 'write',
  'GET /v2/accounts/{id}/multi_factor/{configId}': 'read',
  'POST /v2/accounts/{id}/multi_factor/{configId}': 'write',
  'PATCH /v2/accounts/{id}/multi_factor/{configId}': 'write',
  'DELETE /v2/accounts/{id}/multi_factor/{configId}': 'write',
  'GET /v2/multi_factor': 'modules',
  // The system's belong to the root.
  'PUT /v2/multi_factor': closedToKeys('write'),
  'GET /v2/multi_factor/{name}': closedToKeys('read'),
  'POST /v2/multi_factor/{name}': closedToKeys('write'),
  'PATCH /v2/multi_factor/{name}': closedToKeys('write'),
  'GET /v2/accounts/{id}/multi_factor/attempts': closedToKeys('read'),
  'GET /v2/accounts/{id}/multi_factor/attempts/{attemptId}': closedToKeys('read'),
  'GET /v2/accounts/{id}/security/attempts': closedToKeys('read'),
  'GET /v2/accounts/{id}/security/attempts/{attemptId}': closedToKeys('read'),
  'GET /oauth2/clients': closedToKeys('list'),
  'POST /oauth2/clients': closedToKeys('make'),
  'GET /oauth2/clients/{id}': 'client-read',
  'PATCH /oauth2/clients/{id}': 'client-write',
  'DELETE /oauth2/clients/{id}': 'client-write',
};

const operations: Readonly<Record<string, Operation>> = {
  ...enrollments,
  ...sessionsAndChallenges,
  ...users,
  ...accounts,

  // The credentials of a login stand in the body or in HTTP Basic, and the caller's credential is not read.
  'PUT /mfa/authtoken/login': 'login',
  'POST /mfa/authtoken/login': 'login',
  'PUT /mfa/oauth2/token': 'login',
  'POST /mfa/oauth2/token': 'login',
  'POST /oauth2/introspect': 'login',
  'POST /oauth2/revoke': 'login',
  'GET /auth/password': 'login',
  'POST /auth/password': 'login',
  'POST /auth/totp': 'login',
  'PUT /v2/user_auth': 'login',

  'GET /': 'public',
  'GET /problems': 'public',
  'GET /problems/{code}': 'public',
  'GET /health/live': 'public',
  'GET /health/ready': 'public',
  'GET /metrics': 'public',
  'GET /.well-known/jwks.json': 'public',
  'GET /openapi.json': 'public',
  'GET /docs': 'public',
  'GET /docs/style.css': 'public',
};

export const operationNames: readonly string[] = Object.keys(operations);

function written(operation: string): Operation {
  return operations[operation] ?? assert.fail(`test/promises/callers/operations.ts has no row for ${operation}`);
}

export function classOf(operation: string): string {
  const row = written(operation);
  return typeof row === 'string' ? row : row[0];
}

/** The answer of an operation to a caller. */
export function expectedOf(operation: string, caller: string): Said {
  const row = written(operation);
  const exception = typeof row === 'string' ? undefined : row[1][caller];
  return exception ?? access.get(caller)?.[classOf(operation)] ?? assert.fail(`no cell for ${operation}`);
}
