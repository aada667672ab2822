import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { z } from 'zod';
import { startServer, type Answer, type Server } from '../../../kit/server.ts';
import { nameOf, strangers } from '../catalogue.ts';
import { goodRequests } from '../good-requests.ts';
import { live } from '../life.ts';

type Json = Readonly<Record<string, unknown>>;

type Operation = {
  readonly operationId: string;
  readonly security: readonly Json[];
  readonly parameters: readonly { name: string; in: string; required: boolean; schema: Json }[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, { schema: Json }>>;
  };
  readonly responses: Readonly<
    Record<string, { description: string; content?: Readonly<Record<string, { schema: Json }>> }>
  >;
};

type Document = {
  readonly openapi: string;
  readonly info: Json;
  readonly servers: readonly { url: string }[];
  readonly tags: readonly { name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>>; readonly securitySchemes: Json };
};

const documentOf = async (server: Server) => (await server.call('GET', '/openapi.json')).json as Document;

const operations = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

test('the document is valid OpenAPI 3.1', async () => {
  await using server = await startServer();
  const document = await documentOf(server);
  const { valid, errors } = await new Validator().validate({ ...document });
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(document.openapi, '3.1.0');
  assert.deepEqual(document.servers, [{ url: 'https://house.example' }]);
});

test('every reference in it leads to a schema, and not back to itself', async () => {
  await using server = await startServer();
  const document = await documentOf(server);
  const { schemas } = document.components;
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(
    ([, reference]) => reference ?? '',
  );
  assert.ok(references.length > 10);
  for (const reference of references) {
    const [, name] = /^#\/components\/schemas\/(\w+)$/.exec(reference) ?? assert.fail(reference);
    assert.equal(schemas[name ?? '']?.type, 'object', reference);
  }
  const used = new Set(references.map((reference) => reference.slice('#/components/schemas/'.length)));
  assert.deepEqual([...used].toSorted(), Object.keys(schemas).toSorted());
});

test('it describes every route of the table and no other', async () => {
  await using server = await startServer();
  const document = await documentOf(server);
  const { routes } = server.countersign;
  assert.deepEqual(
    operations(document)
      .map(({ path, method }) => `${method.toUpperCase()} ${path}`)
      .toSorted(),
    routes.map(nameOf).toSorted(),
  );
  for (const route of routes) {
    const operation = document.paths[route.path]?.[route.method] ?? assert.fail(nameOf(route));
    const named = (where: string) => operation.parameters.filter((one) => one.in === where).map(({ name }) => name);
    assert.deepEqual(
      named('path'),
      [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      nameOf(route),
    );
    assert.deepEqual(named('query'), Object.keys(route.query?.shape ?? {}), nameOf(route));
    assert.equal(operation.requestBody !== undefined, route.body !== undefined, nameOf(route));
    assert.deepEqual(Object.keys(operation.responses), [...Object.keys(route.responses), 'default'], nameOf(route));
    for (const { schema, name } of operation.parameters) {
      assert.ok(
        schema.type !== undefined || schema.anyOf !== undefined,
        `${nameOf(route)} does not say what ${name} is`,
      );
    }
  }
  assert.deepEqual(
    document.tags.map(({ name }) => name),
    [...new Set(routes.map(({ tag }) => tag))],
  );
});

test('every operation has a name of its own that a program can use', async () => {
  await using server = await startServer();
  const names = operations(await documentOf(server)).map(({ operation }) => operation.operationId);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^[a-z][A-Za-z0-9]+$/);
  assert.ok(names.includes('putUsersUidSecretsSecretIdEnroll'));
  assert.ok(names.includes('getWellKnownJwksJson'));
});

test('it says who may call what', async () => {
  await using server = await startServer();
  const document = await documentOf(server);
  const expected = {
    anyone: [],
    session: [{ session: [] }],
    optional: [{ session: [] }, {}],
    basic: [{ basic: [] }],
    enrollment: [{ session: [] }, { enrollment: [] }],
    challenge: [{ service: [] }, { session: [] }, { challenge: [] }],
    service: [{ service: [] }],
  };
  for (const route of server.countersign.routes) {
    assert.deepEqual(document.paths[route.path]?.[route.method]?.security, expected[route.access], nameOf(route));
  }
  assert.deepEqual(Object.keys(document.components.securitySchemes), [
    'session',
    'basic',
    'service',
    'challenge',
    'enrollment',
  ]);
});

/** A schema of the document, as a program that has only the document reads it. */
function schemaIn({ components }: Document, schema: Json): z.ZodType {
  const text = JSON.stringify({ ...schema, $defs: components.schemas });
  return z.fromJSONSchema(JSON.parse(text.replaceAll('"#/components/schemas/', '"#/$defs/')) as Json);
}

function assertDescribed(document: Document, { asked, route, status, headers, text, json }: Answer): void {
  if (!route) return;
  const operation = document.paths[route.path]?.[route.method];
  const described = operation?.responses[status] ?? operation?.responses.default ?? assert.fail(asked);
  const type = headers.get('content-type')?.split(';')[0];
  if (type === undefined) return assert.equal(described.content, undefined, asked);
  const content = described.content?.[type] ?? assert.fail(`${asked} answered ${status} with an undescribed ${type}`);
  const read = schemaIn(document, content.schema).safeParse(json ?? text);
  return assert.ok(read.success, `${asked} ${text} ${read.error?.message}`);
}

test('the answers to a life of every route, refusals too, are as it describes them', async () => {
  await using server = await startServer({ registration: 'open' });
  const document = await documentOf(server);
  await live(server);
  for (const answer of server.answers) assertDescribed(document, answer);
});

test('good bodies fit what it asks for, and bodies with an unknown member do not', async () => {
  await using server = await startServer();
  const document = await documentOf(server);
  for (const { name, route, json } of goodRequests(server.countersign.routes, strangers)) {
    const requestBody = document.paths[route.path]?.[route.method]?.requestBody;
    // Only the present password may be in the body of a request that needs none.
    const asked = requestBody?.required ? requestBody.content['application/json']?.schema : undefined;
    assert.equal(asked === undefined, json === undefined, name);
    if (!asked) continue;
    const schema = schemaIn(document, asked);
    assert.ok(schema.safeParse(json).success, name);
    // RFC 6749 section 3.2: the endpoints of OAuth2 ignore what they do not know.
    assert.equal(schema.safeParse({ ...(json as Json), unknown: 1 }).success, route.form === true, name);
    assert.ok(!schema.safeParse(null).success, name);
  }
});
