import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { timeOrderedHex } from '../../base/random.ts';
import type { ApiResponse, ApiRequest as Call, Transport } from '../../client/transport.ts';
import type { Service } from '../../engine/challenge/challenge-actor.ts';
import { requestContext, type Context, type RequestContext } from '../../engine/context.ts';
import { problemOfFault } from '../errors/fault.ts';
import { problem } from '../errors/problem.ts';
import type { ErrorReason } from '../errors/reasons.ts';
import type { Access, Reply, Route } from '../route.ts';
import { readClient, type EndUserClient } from './client.ts';
import { callerOf, handle, type AnyCaller } from './handle.ts';
import { check } from './parse.ts';

/** The caller inside the process: a service, which is the process itself; the holder of a token; or none. */
export type InProcessCaller = { readonly service: Service } | { readonly token: string } | undefined;

/** Calls the routes from inside the process, without a socket and without encoding credentials or bodies. */
export function inProcess(
  context: Context,
  routes: readonly Route[],
): (caller: InProcessCaller, client?: EndUserClient) => Transport {
  const table = new Map(routes.map((route) => [`${route.method.toUpperCase()} ${route.path}`, route]));
  return (caller, client = {}) => {
    const given = readClient(client);
    return async ({ method, path, params, query, body }) => {
      const route = table.get(`${method} ${path}`);
      if (!route) throw new Error(`there is no route ${method} ${path}`);
      const requestId = timeOrderedHex(context.random, context.clock.now());
      const ctx = requestContext(context, { ...given, requestId });
      const anonymous = { ctx, caller: undefined, headers: new Headers() };
      const formatProblem = route.formatProblem ?? problem;
      const raw = {
        caller: (present: RequestContext) => authenticateInProcess(present, caller, route.access),
        params,
        query: queryOf(query),
        body: async () => (route.body ? check(route.body, body) : ({ ok: true, value: undefined } as const)),
      };
      const reply = await handle(route, anonymous, raw).catch((fault: unknown) =>
        formatProblem(problemOfFault(ctx, fault), anonymous),
      );
      return toApiResponse(reply, requestId);
    };
  };
}

async function authenticateInProcess(
  ctx: RequestContext,
  caller: InProcessCaller,
  access: Access,
): Promise<Outcome<AnyCaller, ErrorReason>> {
  if (!caller || 'token' in caller) return callerOf(ctx, caller ?? 'nothing', access);
  const { service } = caller;
  if (access === 'service') return success(service);
  if (access === 'challenge') return success({ type: 'service', service });
  return access === 'session' || access === 'enrollment' ? refuse('invalid_token') : success(undefined);
}

function queryOf(query: Call['query'] = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return new URLSearchParams(given).toString();
}

function toApiResponse({ status, json, headers = {} }: Reply, requestId: string): ApiResponse {
  const all = new Headers({ ...headers, 'X-Request-Id': requestId });
  return { status, json, header: (name) => all.get(name) };
}
