/**
 * What the tests know of each route of the table: what it does, and what good requests to it are. A route that is not here fails
 * every test that walks the table, so that nobody adds one without saying what it may do to whom.
 */
import assert from 'node:assert/strict';
import type { Route } from '../../src/http/route.ts';
import type { Answer, App, Call, Person, Server } from '../support/server.ts';

/** `tells`: the same for everybody. `factors`: changes what a login rests on, and so asks for step-up. */
export type Does = 'tells' | 'logs in' | 'answers a challenge' | 'makes a user' | 'reads' | 'ends sessions' | 'factors';

/** Whom and what the requests are about. */
export type Cast = {
  readonly uid: string;
  /** An authenticator of theirs that works, and one that is not confirmed. */
  readonly secretId: string;
  readonly pendingId: string;
  readonly sid: string;
  /** A right code. */
  readonly code: unknown;
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
  /** Whose id stands in the path as `secretId`. */
  readonly secret?: 'pendingId';
};

const enrolling: Known = {
  does: 'factors',
  bodies: ({ code }) => [{ token: code }],
  code: 'token',
  secret: 'pendingId',
};

const known: Readonly<Record<string, Known>> = {
  'GET /auth/password': { does: 'logs in' },
  'POST /auth/password': { does: 'logs in' },
  'POST /auth/totp': { does: 'answers a challenge', bodies: ({ code }) => [{ token: code }], code: 'token' },

  'GET /sessions': { does: 'reads' },
  'DELETE /sessions/current': { does: 'ends sessions' },
  'DELETE /sessions/{sid}': { does: 'ends sessions' },

  'POST /users': { does: 'makes a user', bodies: () => [{ name: 'newcomer', password: 'a newcomer has this' }] },
  'GET /users': { does: 'reads' },
  'GET /users/{uid}': { does: 'reads' },
  'PATCH /users/{uid}': { does: 'factors', bodies: () => [{ email: 'elsewhere@example.org' }] },
  'DELETE /users/{uid}': { does: 'factors' },

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

/** The names of routes that the catalogue knows. */
export const knownNames = Object.keys(known);

export type Good = {
  readonly name: string;
  readonly route: Route;
  readonly does: Does;
  readonly method: string;
  readonly path: string;
  readonly json?: unknown;
};

/** Good requests to every route: with a right credential each of them would be granted. */
export function goodRequests(routes: readonly Route[], cast: Cast): readonly Good[] {
  return routes.flatMap((route) => {
    const { does, bodies, secret = 'secretId' } = knownOf(route);
    const ids: Readonly<Record<string, string>> = { uid: cast.uid, secretId: cast[secret], sid: cast.sid };
    const path = route.path.replace(/\{(\w+)\}/g, (_whole, id: string) => ids[id] ?? assert.fail(`no {${id}}`));
    const good = { name: nameOf(route), route, does, method: route.method.toUpperCase(), path };
    return bodies ? bodies(cast).map((json) => ({ ...good, json })) : [good];
  });
}

/** Sends a good request, with what else the test gives it. */
export function send(
  server: Server,
  { method, path, json }: Good,
  call: Call & { query?: string } = {},
): Promise<Answer> {
  const { query, ...rest } = call;
  return server.call(method, query ? `${path}?${query}` : path, { ...(json !== undefined && { json }), ...rest });
}

/** Ada, with an app that works, one that waits for its code, and one more session. */
export async function ada(
  server: Server,
): Promise<Cast & { readonly person: Person; readonly app: App; readonly pending: Pick<App, 'seed'> }> {
  const person = await server.addPerson('ada');
  const app = await server.addApp(person);
  const made = await server.call('POST', '/users/me/secrets', { bearer: person.token, json: { type: 'mfa' } });
  const { uid: pendingId, secret } = made.json as { uid: string; secret: { secret: string } };
  await server.logIn(person, app.codes[0]);
  const sessions = (await server.call('GET', '/sessions', { bearer: person.token })).json as {
    sid: string;
    current: boolean;
  }[];
  const sid = sessions.find(({ current }) => !current)?.sid ?? assert.fail('there is no other session');
  const pending = { seed: secret.secret };
  return { person, app, pending, uid: person.uid, secretId: app.secretId, pendingId, sid, code: server.code(pending) };
}
