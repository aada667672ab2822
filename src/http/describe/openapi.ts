import { z } from 'zod';
import { formType } from '../server/parse.ts';
import { problemBody } from '../errors/problem.ts';
import type { Access, ResponseSpec, Route } from '../route.ts';

type Json = Readonly<Record<string, unknown>>;

/** The OpenAPI 3.1 document. It is made from the schemas that check the requests, so the two cannot differ. */
export function openApiDocument(
  routes: readonly Route[],
  { version, url }: { readonly version: string; readonly url: string },
): Json {
  const components: Record<string, unknown> = {};
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = (paths[route.path] ??= {});
    path[route.method] = operation(route, components);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version,
      description:
        'Multi-factor authentication for any application. Paths work with and without a trailing slash. *Fresh proof* means that the user ' +
        'proved a second factor in the last 15 minutes, or logged in during that time if they have none.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas: components, securitySchemes },
  };
}

const securitySchemes = {
  session: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'An access token. `Token`, `JWT` and `X-Auth-Token` work too.',
  },
  basic: { type: 'http', scheme: 'basic' },
  service: { type: 'http', scheme: 'bearer', description: 'The API key of a user whose role is `service`.' },
  challenge: {
    type: 'http',
    scheme: 'bearer',
    description: 'The token of a challenge; it is valid for that challenge alone.',
  },
  enrollment: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An enrollment token, from a login that ended with `mfa_enrollment_required`. It can enroll that factor and nothing else.',
  },
};

const security: Readonly<Record<Access, readonly Json[]>> = {
  anyone: [],
  session: [{ session: [] }],
  optional: [{ session: [] }, {}],
  basic: [{ basic: [] }],
  enrollment: [{ session: [] }, { enrollment: [] }],
  challenge: [{ service: [] }, { session: [] }, { challenge: [] }],
  service: [{ service: [] }],
};

function operation(route: Route, components: Record<string, unknown>): Json {
  const { method, path, tag, summary, access, body } = route;
  const description = describe(route);
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => jsonSchema(schema, io, components);
  const responses = Object.entries(route.responses).map(([status, answered]) => [status, response(answered, schemaOf)]);
  return {
    operationId: operationId(method, path),
    tags: [tag],
    summary,
    ...(description && { description }),
    security: security[access],
    parameters: [...parameters('path', route.params, schemaOf), ...parameters('query', route.query, schemaOf)],
    ...(body && {
      requestBody: { required: !(body instanceof z.ZodOptional), content: contentOf(route, schemaOf(body, 'input')) },
    }),
    responses: {
      ...Object.fromEntries(responses),
      default: refusal(route, schemaOf),
    },
  };
}

function describe({ description, administers }: Route): string {
  return [description, administers === 'always' && 'Administrators need fresh proof.'].filter(Boolean).join(' ');
}

/** The media types of a body. */
function contentOf({ form }: Route, schema: Json): Json {
  return { ...(form && { [formType]: { schema } }), 'application/json': { schema } };
}

type SchemaOf = (schema: z.ZodType, io: 'input' | 'output') => Json;

function response({ description, body, type, page }: ResponseSpec, schemaOf: SchemaOf): Json {
  if (!body && !type) return { description };
  const schema = body ? schemaOf(body, 'output') : { type: 'string' };
  const html = page && { 'text/html': { schema: { type: 'string' } } };
  return { description, content: { [type ?? 'application/json']: { schema }, ...html } };
}

/** A door with its own dialect has its own form of refusals. */
function refusal({ formatProblem }: Route, schemaOf: SchemaOf): Json {
  const content = formatProblem
    ? { 'application/json': { schema: schemaOf(z.looseObject({}), 'output') } }
    : { 'application/problem+json': { schema: schemaOf(problemBody, 'output') } };
  return { description: 'Refused.', content };
}

function parameters(where: 'path' | 'query', schema: z.ZodObject | undefined, schemaOf: SchemaOf): readonly Json[] {
  return Object.entries<z.ZodType>(schema?.shape ?? {}).map(([name, member]) => ({
    name,
    in: where,
    required: where === 'path',
    schema: schemaOf(member, 'input'),
  }));
}

/** One schema. Every schema with a name becomes a component, once, and is referred to. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', components: Record<string, unknown>): Json {
  const made = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  const { $schema: _dialect, $defs = {}, ...rest } = toComponents(made);
  Object.assign(components, $defs);
  return rest;
}

/** The definitions of zod become the components of OpenAPI. */
function toComponents(schema: unknown) {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/');
  return jsonSchemaForm.parse(JSON.parse(text));
}

const jsonSchemaForm = z.looseObject({ $defs: z.record(z.string(), z.unknown()).optional() });

/** Also the id of the operation in the documentation page. */
export const operationId = (method: string, path: string) =>
  method +
  (path === '/' ? '/root' : path)
    .replace(/[{}]/g, '')
    .replace(/(?:^|[/._-])+(\w?)/g, (_whole, letter: string) => letter.toUpperCase());
