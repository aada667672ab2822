import { z } from 'zod';
import { basePathOf } from '../../../base/locations.ts';
import { ping } from '../../../store/store.ts';
import { docsPage } from '../../describe/docs-page.ts';
import { docsStyle } from '../../describe/docs-style.ts';
import { openApiDocument } from '../../describe/openapi.ts';
import { problem } from '../../errors/problem.ts';
import { route, type Route } from '../../route.ts';
import { problemRoutes } from './problems.ts';
import { rootRoute } from './root.ts';

const tag = 'Server';

const health = z.strictObject({ status: z.literal('ok') });

type About = {
  readonly version: string;
  readonly url: string;
  readonly metrics: () => string | Promise<string>;
};

/** The routes about the server itself, added to those of the doors. */
export function systemRoutes(doors: readonly Route[], about: About): readonly Route[] {
  const all: Route[] = [...doors];
  all.push(...healthRoutes, metricsRoute(about), keysRoute, ...documentRoutes(all, about));
  return all;
}

const healthRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/health/live',
    access: 'anyone',
    tag,
    summary: 'Check that the process answers',
    responses: { 200: { description: 'The process answers.', body: health } },
    handle: async () => ({ status: 200, json: { status: 'ok' } }),
  }),
  route({
    method: 'get',
    path: '/health/ready',
    access: 'anyone',
    tag,
    summary: 'Check that the server is ready',
    responses: {
      200: { description: 'The database can be reached.', body: health },
      503: { description: 'The database cannot be reached.', type: 'application/problem+json' },
    },
    async handle({ ctx }) {
      try {
        await ping(ctx.store);
        return { status: 200, json: { status: 'ok' } };
      } catch {
        return problem({ status: 503, code: 'unavailable', detail: 'The database cannot be reached.' });
      }
    },
  }),
];

const metricsRoute = ({ metrics }: About): Route =>
  route({
    method: 'get',
    path: '/metrics',
    access: 'anyone',
    tag,
    summary: 'Metrics for Prometheus',
    responses: { 200: { description: 'The metrics.', type: 'text/plain' } },
    handle: async () => ({ status: 200, text: await metrics(), type: 'text/plain; version=0.0.4' }),
  });

const keysRoute = route({
  method: 'get',
  path: '/.well-known/jwks.json',
  access: 'anyone',
  tag,
  summary: 'The public keys that access tokens are signed with',
  responses: {
    200: {
      description: 'A JWK set (RFC 7517).',
      body: z.strictObject({ keys: z.array(z.record(z.string(), z.string())) }),
    },
  },
  handle: async ({ ctx }) => ({ status: 200, json: ctx.tokens.jwks }),
});

/** The root and the documents. They describe all routes, including these, so they are made when a client asks for them. */
function documentRoutes(all: readonly Route[], about: About): readonly Route[] {
  const url = about.url.replace(/\/$/, '');
  const path = basePathOf(url);
  const document = once(() => JSON.stringify(openApiDocument(all, { version: about.version, url })));
  const page = once(() => docsPage(all, path));
  return [
    rootRoute({ version: about.version, url, path }),
    ...problemRoutes({ url, path }),
    route({
      method: 'get',
      path: '/openapi.json',
      access: 'anyone',
      tag,
      summary: 'The OpenAPI document',
      responses: { 200: { description: 'OpenAPI 3.1.', body: z.record(z.string(), z.unknown()) } },
      handle: async () => ({ status: 200, bytes: await document(), type: 'application/json' }),
    }),
    route({
      method: 'get',
      path: '/docs',
      access: 'anyone',
      tag,
      summary: 'The documentation for people',
      responses: { 200: { description: 'A page.', type: 'text/html' } },
      handle: async () => ({ status: 200, bytes: await page(), type: 'text/html; charset=utf-8' }),
    }),
    route({
      method: 'get',
      path: '/docs/style.css',
      access: 'anyone',
      tag,
      summary: 'The style of the documentation',
      responses: { 200: { description: 'A style sheet.', type: 'text/css' } },
      handle: async () => ({ status: 200, text: docsStyle, type: 'text/css; charset=utf-8' }),
    }),
  ];
}

/** Renders a page once, on the first request, because rendering takes as long as some logins. */
function once(make: () => string | Promise<string>): () => Promise<Uint8Array<ArrayBuffer>> {
  let made: Promise<Uint8Array<ArrayBuffer>> | undefined;
  const encoded = async () => new TextEncoder().encode(await make());
  return () => (made ??= encoded());
}
