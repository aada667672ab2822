/** Good requests of a caller to every operation: with a right credential each of them would be granted. */
import type { Route } from '../../../src/http/route.ts';
import type { Call } from '../../../kit/server.ts';
import type { Cast } from '../../http/catalogue.ts';
import { firstFactor, goodRequests, type Good } from '../../http/good-requests.ts';
import { expectedOf } from './operations.ts';
import { sidOf, type Caller, type Scene } from './scene.ts';

export type Asked = { readonly operation: string; readonly method: string; readonly path: string; readonly call: Call };

/** Whose user, session or challenge a path names; `any` where it names none. */
type Whose = 'any' | 'this one' | 'own' | "another's" | "a service's";

export function requestsOf(routes: readonly Route[], caller: Caller, scene: Scene): readonly Asked[] {
  return routes.flatMap((route) =>
    whoseOf(route).flatMap((whose) =>
      goodRequests([route], castOf(route, whose, { caller, scene })).map((good) => ({
        operation: operationOf(good, whose),
        method: good.method,
        ...proven(operationOf(good, whose), caller, completed(good, { caller, scene })),
      })),
    ),
  );
}

function whoseOf({ method, path, access }: Route): readonly Whose[] {
  if (access === 'service') return ['any'];
  if (path === '/sessions/{sid}') return ['this one', 'own', "another's"];
  if (path === '/users/{uid}' && method === 'delete') return ['own', "another's", "a service's"];
  return path.includes('{uid}') || path.startsWith('/challenges/{id}') ? ['own', "another's"] : ['any'];
}

function operationOf({ name, json }: Good, whose: Whose): string {
  const { type } = (json ?? {}) as { readonly type?: string };
  const kind = name === 'POST /users/{uid}/secrets' ? [String(type)] : [];
  return [name, ...(whose === 'any' ? [] : [whose]), ...kind].join(', ');
}

type About = { readonly caller: Caller; readonly scene: Scene };

function castOf(route: Route, whose: Whose, { caller, scene }: About): Cast {
  const { another, external } = scene;
  const ids = idsOf(route, whose, { caller, scene });
  const own = { ...caller.own, external, clientId: scene.clients.noScope.id, ids };
  if (whose === "another's") return { ...own, ...another.own };
  if (whose === "a service's") return { ...own, uid: external.uid };
  if (whose !== 'this one' || caller.token === undefined) return own;
  return { ...own, sid: caller.token.split('.').length === 3 ? sidOf(caller.token) : own.sid };
}

/** The ids that stand in a path. */
function idsOf({ method, path }: Route, whose: Whose, { caller, scene }: About): Readonly<Record<string, string>> {
  const { globex, external, approved, another } = scene;
  if (path === '/challenges/{id}/redeem') return { id: approved.id };
  if (path.startsWith('/challenges/')) return { id: whose === 'own' ? caller.challenge : another.challenge };
  if (path === '/users/{uid}' && method === 'put') return { uid: external.name };
  if (path.endsWith('/recovery-codes')) return { externalId: '43' };
  if (!path.startsWith('/v2/')) return {};
  // An account with users cannot be removed.
  const isEmpty = path.endsWith('/move') || (method === 'delete' && path === '/v2/accounts/{id}');
  const { configId, attemptId, gil } = globex;
  return { id: isEmpty ? globex.leaf : globex.id, userId: gil.id, configId, attemptId };
}

/** The path and the rest of a request: what the catalogue cannot know, and the credential. */
function completed(good: Good, { caller, scene }: About): Pick<Asked, 'path' | 'call'> {
  const { name, does, path } = good;
  const { globex, halfLogin, bob } = scene;
  const json = bodyOf(good, { caller, scene });
  const call = { bearer: caller.token, ...(json !== undefined && { json }) };
  // Beside HTTP Basic of a user, a second credential is refused.
  const second = good.route.access === 'basic' ? {} : beside(caller);
  if (does === 'logs in') return { path, call: { ...second, ...firstFactor(good, bob.name, bob.password) } };
  if (does === 'serves a client') return { path, call: { ...beside(caller), json } };
  if (name === 'POST /auth/totp') return { path: `${path}?jwt_token=${halfLogin.token}`, call };
  if (name.endsWith('/explain')) return { path: `${path}?user=${globex.gil.username}`, call };
  return { path, call };
}

/** A request with the caller's password, where it needs fresh proof and has a body: in `/v2` inside `data`. */
function proven(operation: string, { password }: Caller, { path, call }: Pick<Asked, 'path' | 'call'>) {
  const isNeeded = expectedOf(operation, 'administrator, one factor, stale') === 'aal1';
  if (password === undefined || !isNeeded || operation.startsWith('GET ')) return { path, call };
  const { data, ...json } = (call.json ?? {}) as { readonly data?: object };
  const proof = { current_password: password };
  return {
    path,
    call: { ...call, json: path.startsWith('/v2/') ? { data: { ...data, ...proof } } : { ...json, ...proof } },
  };
}

/** HTTP Basic of a user or a client stands where a bearer token does. */
const beside = ({ token }: Caller): Call => (token === undefined ? {} : { headers: { 'X-Auth-Token': token } });

function bodyOf({ name, does, json }: Good, { caller, scene }: About): unknown {
  const { approved, external, halfLogin, clients, bob } = scene;
  const client = { client_id: clients.noScope.id, client_secret: clients.noScope.secret };
  if (does === 'serves a client') return { ...(json as object), ...client, ...passwordOf(name, bob) };
  const bodies: Readonly<Record<string, object>> = {
    'POST /auth/totp': { token: halfLogin.code },
    'POST /challenges': caller.asks,
    'POST /challenges/{id}/send': {},
    'POST /challenges/{id}/verify': caller.answer,
    'POST /challenges/{id}/redeem': { assertion: approved.assertion },
    'POST /users/{externalId}/factors/{factorId}/confirm': { code: external.code },
    'POST /users/{externalId}/recovery-codes': { challenge_id: approved.id },
  };
  return bodies[name] ?? json;
}

const passwordOf = (name: string, { name: username, password }: Scene['bob']) =>
  name.endsWith('/token') ? { username, password } : {};
