import { Hono, type Context as Incoming } from 'hono';
import { stopwatch } from '../../base/clock.ts';
import { requestContext, type Context } from '../../engine/context.ts';
import { problemOfFault } from '../errors/fault.ts';
import { problem } from '../errors/problem.ts';
import type { ProblemCode } from '../problem-codes/index.ts';
import type { UnparsedRequest, Dialect, Problem, Reply, Route, ProblemFormatter } from '../route.ts';
import { createClientReader, type Env, type Front } from './client.ts';
import { shownToken } from './credentials.ts';
import { callerOf, handle, type RawRequest } from './handle.ts';
import type { Metrics } from './metrics.ts';
import { originNotAllowed, originRules, wantsPage } from './origins.ts';
import { readBody } from './parse.ts';
import { respond } from './respond.ts';

/** The routes and dialects of an app, and the metrics that count its answers. */
export type AppParts = {
  readonly routes: readonly Route[];
  readonly dialects: readonly Dialect[];
  readonly metrics: Metrics;
  /** The path that all requests begin with, such as `/auth`. Empty when absent. */
  readonly base?: string | undefined;
  /** The page of a problem, for people whose browser is refused. */
  readonly pageOf?: (code: ProblemCode) => Promise<string>;
} & Front;

/** Mounts the doors. Every request passes the same steps, from its id to its metrics. */
export function createApp(context: Context, { routes, dialects, base = '', ...parts }: AppParts): Hono<Env> {
  const app = new Hono<Env>({ strict: false });
  const serve = serving(context, parts);
  // The loop goes path by path, so that `GET /users/{uid}/secrets/codes` is a wrong method and not a `{secretId}` called "codes".
  for (const [path, rows] of Map.groupBy(routes, (route) => route.path)) {
    // All routes of one path belong to one door.
    const place = { path, formatProblem: rows[0]?.formatProblem ?? problem };
    const paths = honoPaths(path, base);
    const headers = { Allow: rows.flatMap(methodsOf).join(', ') };
    const detail = `This path supports only ${headers.Allow}.`;
    const wrong: Problem = { status: 405, code: 'method_not_allowed', detail, headers };
    for (const route of rows) {
      app.on(route.method.toUpperCase(), paths, (c) =>
        serve(c, place, (asked) =>
          methodsOf(route).includes(c.req.method)
            ? handle(route, asked, rawRequestOf(c, route))
            : Promise.resolve(place.formatProblem(wrong, asked)),
        ),
      );
    }
    app.on('ALL', paths, (c) =>
      serve(c, place, async (asked) =>
        c.req.method === 'OPTIONS' ? { status: 204, headers } : place.formatProblem(wrong, asked),
      ),
    );
  }
  app.notFound((c) => {
    const wrong: Problem = { status: 404, code: 'not_found', detail: 'This route does not exist.' };
    const door = dialects.find(({ below }) => `${c.req.path}/`.startsWith(`${base}${below}/`));
    const place = { path: 'unknown', formatProblem: door?.formatProblem ?? problem };
    return serve(c, place, async (asked) => place.formatProblem(wrong, asked));
  });
  return app;
}

/** The path of a request in the table, or `unknown`, and the format of problems there. */
type RequestPlace = { readonly path: string; readonly formatProblem: ProblemFormatter };

/** Hono answers HEAD with the route of GET, which must not write then. */
const methodsOf = ({ method, writes }: Route): readonly string[] =>
  method === 'get' && !writes ? ['GET', 'HEAD'] : [method.toUpperCase()];

/** The paths of a route. Probes, metrics and well-known URIs (RFC 8615) answer at the root of the host too, where their clients look for them. */
function honoPaths(path: string, base: string): string[] {
  const plain = path.replace(/\{(\w+)\}/g, ':$1');
  if (base === '') return [plain];
  const below = path === '/' ? base : base + plain;
  return /^\/(?:health|metrics|\.well-known)(?:\/|$)/.test(path) ? [below, plain] : [below];
}

/** Of two Host headers, a proxy may read one and the server the other. */
const isDoubled = (headers: Headers) => headers.get('host')?.includes(',') ?? false;

const doubledHost: Problem = {
  status: 400,
  code: 'invalid_request',
  detail: 'The request has more than one Host header.',
};

/** The page of the problem, for people whose browser was sent here. */
async function refuseOrigin(headers: Headers, pageOf: AppParts['pageOf']): Promise<Reply | undefined> {
  if (!pageOf || !wantsPage(headers)) return undefined;
  return {
    status: originNotAllowed.status,
    text: await pageOf(originNotAllowed.code),
    type: 'text/html; charset=utf-8',
  };
}

/** The methods that the metrics distinguish. A client can invent others, which are counted as one. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The steps of every request: its id, its answer or its problem, its headers, its line in the log. */
function serving(context: Context, { metrics, pageOf, ...front }: Omit<AppParts, 'routes' | 'dialects' | 'base'>) {
  const clientOf = createClientReader(context, front);
  const origins = originRules(context.settings.corsOrigins);
  return async (
    c: Incoming<Env>,
    { path, formatProblem }: RequestPlace,
    answering: (asked: UnparsedRequest) => Promise<Reply>,
  ): Promise<Response> => {
    const elapsed = stopwatch();
    const client = clientOf(c);
    const ctx = requestContext(context, client);
    const { headers } = c.req.raw;
    const asked = { ctx, caller: undefined, headers };
    const browser = { method: c.req.method, route: path, headers };
    const answer = async (): Promise<Reply> => {
      if (isDoubled(headers)) return formatProblem(doubledHost, asked);
      if (origins.refuses(browser))
        return (await refuseOrigin(headers, pageOf)) ?? formatProblem(originNotAllowed, asked);
      return origins.preflight(browser) ?? answering(asked);
    };
    const reply = await answer().catch((fault: unknown) => formatProblem(problemOfFault(ctx, fault), asked));
    const seconds = elapsed();
    const labels = {
      method: methods.has(c.req.method) ? c.req.method : 'other',
      route: path,
      status: String(reply.status),
    };
    metrics.requests.observe(labels, seconds);
    context.log.info({ ...labels, ms: Math.round(seconds * 1000), request_id: client.requestId }, 'request');
    return respond(origins.share(reply, browser), { requestId: client.requestId, url: front.url });
  };
}

/** The parts of a request from a socket: the credential in the headers, the URL, and the bytes of the body. */
const rawRequestOf = (c: Incoming<Env>, route: Route): RawRequest => ({
  caller: (ctx) => callerOf(ctx, shownToken(c.req.raw.headers), route.access),
  params: c.req.param(),
  query: new URL(c.req.url).search,
  body: () => readBody(route.body, c.req.raw, route.form),
});
