/** Every route of the OpenAPI document with inputs that are right, nearly right and wrong, by everybody there is. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { minute, second } from '../../src/base/clock.ts';
import { nameOf } from '../http/catalogue.ts';
import { addService } from '../http/doors/challenges/service.ts';
import { member, startServer, type Server } from '../../kit/server.ts';
import { hostile, tampered, valid, type Schema } from './values.ts';

type Operation = {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly body: Schema | undefined;
};

/** A request as it is sent. */
type Shot = {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly type: string;
  readonly who: number;
  readonly wait: number;
};

export type Fuzzed = {
  readonly requests: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Routes of which a request was granted, and how many there are. */
  readonly granted: number;
  readonly routes: number;
};

/** How many requests one server gets: after that, sessions have ended and much has been deleted. */
const perServer = 50;

/**
 * Sends requests until there were so many. The server of the tests fails a 5xx, an answer that its route does not declare, and one without the
 * headers that all have; here come a line of the log that tells of a fault or holds something secret, and an answer that does not come.
 */
export async function fuzz(requests: number, seed: number, tell: (sent: number) => void = () => {}): Promise<Fuzzed> {
  const statuses: Record<string, number> = {};
  const granted = new Set<unknown>();
  let [sent, routes] = [0, 0];
  let arbitrary: fc.Arbitrary<Shot> | undefined;
  for (let round = 0; sent < requests; round += 1) {
    await using fixture = await scene();
    // Chance and time are the tests' own, so every server has the same ids and tokens.
    arbitrary ??= shotsAt(fixture);
    const shots = fc.sample(arbitrary, { seed: seed + round, numRuns: Math.min(perServer, requests - sent) });
    for (const shot of shots) {
      const answer = await fire(fixture, shot).catch((error: unknown) => {
        throw new Error(`seed ${seed}, round ${round}: ${JSON.stringify(shot).slice(0, 2000)}`, { cause: error });
      });
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      if (answer.status < 400) granted.add(answer.route && nameOf(answer.route));
      sent += 1;
    }
    routes = fixture.operations.length;
    assertQuiet(fixture);
    tell(sent);
  }
  return { requests: sent, statuses, granted: granted.size, routes };
}

type Home = Awaited<ReturnType<typeof scene>>;

/** A server with some people in it, and all that they may show. */
async function scene() {
  const server = await startServer({ registration: 'open' });
  const ada = await server.addPerson('ada', { email: 'ada@example.org' });
  const app = await server.addApp(ada);
  const bob = await server.addPerson('bob');
  const { key, id: serviceId } = await addService(server, 'root', 'shop');
  server.clock.tick(minute);
  const session = await server.logIn(ada, server.code(app, -1));
  const put = await server.call('PUT', '/users/42', { bearer: key, json: {} });
  const asked = await server.call('POST', '/challenges', { bearer: key, json: { user: { name: 'ada' } } });
  const client = await server.call('POST', '/oauth2/clients', {
    bearer: server.admin.token,
    json: { name: 'app', grant_types: ['password', 'refresh_token'] },
  });
  const account = (await server.call('GET', '/v2/accounts/root', { bearer: server.admin.token })).json as {
    data: { id: string };
  };
  const secret = member(client, 'client_secret');
  const settings = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, settings: {} };
  const provider = (
    await server.call('PUT', '/v2/accounts/root/multi_factor', { bearer: server.admin.token, json: { data: settings } })
  ).json as { data: { id: string } };
  const managing = await server.call('POST', '/users/me/secrets', {
    bearer: server.admin.token,
    json: { type: 'apikey', scope: 'manage' },
  });
  const program = await server.logIn({ name: server.admin.name, password: member(managing, 'secret') });
  const bearers = [
    undefined,
    server.admin.token,
    session,
    bob.token,
    key,
    await server.challenge(ada),
    program,
    'x.y.z',
    '\u007f',
  ];
  const known = [
    ada.uid,
    bob.uid,
    serviceId,
    member(put, 'uid'),
    app.secretId,
    member(asked, 'id'),
    member(client, 'client_id'),
    account.data.id,
    'ada',
    'bob',
    '42',
    'admin',
    'root',
    'totp',
    ada.password,
    bob.password,
    server.code(app),
    'ada@example.org',
    '+12133734253',
    secret,
    app.codes[3] ?? '',
  ];
  /** What may stand in a path. */
  const ids: Readonly<Record<string, readonly string[]>> = {
    uid: [ada.uid, bob.uid, member(put, 'uid'), 'me'],
    userId: [ada.uid, bob.uid],
    externalId: ['42'],
    secretId: [app.secretId],
    id: [account.data.id, 'root', 'root', member(asked, 'id'), 'current', member(client, 'client_id')],
    name: ['totp'],
    configId: [provider.data.id],
  };
  const document = (await server.call('GET', '/openapi.json')).json as Schema;
  const secrets = [
    ada.password,
    bob.password,
    app.seed,
    ...app.codes,
    secret,
    ...bearers.slice(1, 7),
  ] as readonly string[];
  return {
    server,
    bearers,
    known,
    ids,
    operations: operationsOf(document),
    schemas: schemasOf(document),
    secrets,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Schema>>>>;
  readonly components: { readonly schemas: Schema };
};

const schemasOf = (document: Schema) => (document as unknown as Document).components.schemas;

function operationsOf(document: Schema): readonly Operation[] {
  return Object.entries((document as unknown as Document).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody }]) => {
      const content = (requestBody as { content?: Readonly<Record<string, { schema: Schema }>> } | undefined)?.content;
      return {
        method: method.toUpperCase(),
        path,
        parameters: (parameters ?? []) as Operation['parameters'],
        body: content?.['application/json']?.schema,
      };
    }),
  );
}

function shotsAt({ operations, schemas, known, ids, bearers }: Home): fc.Arbitrary<Shot> {
  const methods = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD');
  const types = fc.constantFrom(
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=utf-16',
    '',
  );
  const mostly = <T>(usual: fc.Arbitrary<T>, seldom: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: seldom });
  // Whoever may do something is asked more often than who may nothing.
  const often = bearers.flatMap((_bearer, at) => Array<number>([1, 8, 5, 2, 5, 2, 3, 1, 1][at] ?? 1).fill(at));
  const idsFor = (name: string) => ids[name] && fc.constantFrom(...ids[name]);
  const shots = operations.map((operation) => {
    const values = (where: string) =>
      fc.record(
        Object.fromEntries(
          operation.parameters
            .filter((one) => one.in === where)
            .map(({ name, schema }) => [name, mostly(idsFor(name) ?? valid(schema, known, schemas), hostile)]),
        ),
        where === 'query' ? { requiredKeys: [] } : {},
      );
    const right = operation.body ? valid(operation.body, known, schemas) : fc.constant(undefined);
    const value = operation.body
      ? fc.oneof({ weight: 3, arbitrary: right }, { weight: 2, arbitrary: tampered(right) })
      : right;
    return fc.record({
      method: mostly(fc.constant(operation.method), methods),
      path: fc.tuple(values('path'), values('query')).map(([path, query]) => pathOf(operation.path, path, query)),
      body: mostly(value.map(asJson), fc.tuple(value.map(asJson), fc.nat(60)).map(broken)),
      type: mostly(fc.constant('application/json'), types),
      who: fc.constantFrom(...often),
      wait: mostly(fc.constant(0), fc.constantFrom(second, 31 * second, minute)),
    });
  });
  return fc.oneof(...shots);
}

const asJson = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value));

const broken = ([text, at]: [string | undefined, number]) => text && `${text.slice(0, at)}${text.slice(at + 1)}`;

function pathOf(
  path: string,
  params: Readonly<Record<string, unknown>>,
  query: Readonly<Record<string, unknown>>,
): string {
  const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => encoded(params[name]));
  const given = Object.entries(query).map(([name, value]) => `${name}=${encoded(value)}`);
  return given.length === 0 ? filled : `${filled}?${given.join('&')}`;
}

/** A URL has no way to write half a surrogate pair, and takes dots for another path. */
function encoded(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return encodeURIComponent(text.toWellFormed()).replace(/^\.+$/, '%00');
}

async function fire({ server, bearers }: Home, { method, path, body, type, who, wait }: Shot) {
  server.clock.tick(wait);
  const sends = body !== undefined && method !== 'GET' && method !== 'HEAD';
  return server.call(method, path, {
    bearer: bearers[who],
    ...(sends && { body }),
    ...(sends && type !== '' && { headers: { 'Content-Type': type } }),
  });
}

function assertQuiet({ server, secrets }: { readonly server: Server; readonly secrets: readonly string[] }): void {
  const faults = server.lines.filter(({ level }) => level === 'error');
  assert.deepEqual(
    faults.map(({ message, fields }) => [message, String(fields['err'])]),
    [],
  );
  const log = JSON.stringify(server.lines);
  for (const secret of secrets) assert.ok(!log.includes(secret), 'a secret stands in the log');
}
