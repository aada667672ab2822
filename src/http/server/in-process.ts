import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { timeOrderedHex } from '../../base/random.ts';
import type { ApiResponse, ApiRequest as Call, Transport } from '../../client/transport.ts';
import type { Service } from '../../engine/challenge/challenge-actor.ts';
import { requestContext, type Context, type RequestContext } from '../../engine/context.ts';
import { problemOfFault } from '../errors/fault.ts';
import { problem } from '../errors/problem.ts';
import type { ErrorReason } from '../errors/reasons.ts';
import type { Access, Reply, Route } from '../route.ts';
import { callerOf, handle, type AnyCaller } from './handle.ts';
import { check } from './parse.ts';

/** The caller inside the process: a service that the process itself is, the holder of a token, or none. */
export type Speaker = { readonly service: Service } | { readonly token: string } | undefined;

/** Calls the routes from inside the process, without a socket and without encoding credentials or bodies. */
export function inProcess(context: Context, routes: readonly Route[]): (speaker: Speaker) => Transport {
  const table = new Map(routes.map((route) => [`${route.method.toUpperCase()} ${route.path}`, route]));
  return (speaker) =>
    async ({ method, path, params, query, body }) => {
      const route = table.get(`${method} ${path}`);
      if (!route) throw new Error(`no door has ${method} ${path}`);
      const requestId = timeOrderedHex(context.random, context.clock.now());
      const ctx = requestContext(context, { ip: null, userAgent: null, requestId });
      const stranger = { ctx, caller: undefined, headers: new Headers() };
      const formatProblem = route.formatProblem ?? problem;
      const brought = {
        caller: () => speakerAt(ctx, speaker, route.access),
        params,
        query: queryOf(query),
        body: async () => (route.body ? check(route.body, body) : ({ ok: true, value: undefined } as const)),
      };
      const reply = await handle(route, stranger, brought).catch((fault: unknown) =>
        formatProblem(problemOfFault(ctx, fault), stranger),
      );
      return answered(reply, requestId);
    };
}

async function speakerAt(
  ctx: RequestContext,
  speaker: Speaker,
  access: Access,
): Promise<Outcome<AnyCaller, ErrorReason>> {
  if (!speaker || 'token' in speaker) return callerOf(ctx, speaker ?? 'nothing', access);
  const { service } = speaker;
  if (access === 'service') return success(service);
  if (access === 'challenge') return success({ type: 'service', service });
  return access === 'session' || access === 'enrollment' ? refuse('invalid_token') : success(undefined);
}

function queryOf(query: Call['query'] = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return new URLSearchParams(given).toString();
}

function answered({ status, json, headers = {} }: Reply, requestId: string): ApiResponse {
  const all = new Headers({ ...headers, 'X-Request-Id': requestId });
  return { status, json, header: (name) => all.get(name) };
}
