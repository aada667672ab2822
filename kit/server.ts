/**
 * A client of the server without a socket. It checks every answer against the route table: a declared status with its declared body, or a problem
 * (RFC 9457); the headers that every answer has; and no unexpected 5xx.
 */
import assert from 'node:assert/strict';
import type { z } from 'zod';
import { recordingGateway } from './test-settings.ts';
import { createCountersign, type Countersign } from '../src/countersign.ts';
import { basePathOf } from '../src/base/locations.ts';
import type { Options } from '../src/options.ts';
import { errorEnvelope } from '../src/http/doors/crossbar/envelope.ts';
import { problemBody } from '../src/http/errors/problem.ts';
import { isProblemCode, meaningOf } from '../src/http/problem-codes/index.ts';
import type { Route } from '../src/http/route.ts';
import type { Message } from '../src/messages/message.ts';
import { clockAt, type TestClock } from './clock.ts';
import { codesAt } from './codes.ts';
import { migratedSqlite, type TestDatabase } from './databases.ts';
import { dialectAt } from './dialects.ts';
import { assertHardened } from './hardening.ts';
import { cheapCost } from './hasher.ts';
import { keysFile } from './keys-file.ts';
import { recordingLog, type LogLine } from './log-lines.ts';
import { seededRandom } from './random.ts';
import { decoded, routeFor } from './route-for.ts';
import { rowsOf, type Rows } from './rows.ts';

export type Call = {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent unchanged. */
  readonly body?: string | Uint8Array | ReadableStream;
  readonly bearer?: string | undefined;
  readonly basic?: readonly [login: string, secret: string];
  readonly headers?: Readonly<Record<string, string>>;
  /** The test expects a 5xx. */
  readonly breaks?: boolean;
};

export type Answer = {
  /** Method and path of the request. */
  readonly asked: string;
  /** The path as the router reads it. */
  readonly path: string;
  /** The route that answered, if any. */
  readonly route: Route | undefined;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, where it is JSON. */
  readonly json: unknown;
};

export type Person = { readonly uid: string; readonly name: string; readonly password: string; token: string };

/** An authenticator app, and its user's recovery codes. */
export type App = { readonly secretId: string; readonly seed: string; readonly codes: readonly string[] };

export type Server = AsyncDisposable & {
  readonly countersign: Countersign;
  readonly clock: TestClock;
  /** The first administrator. */
  readonly admin: Person;
  /** Every answer so far. */
  readonly answers: readonly Answer[];
  /** The lines of the log. */
  readonly lines: readonly LogLine[];
  /** The sent messages, oldest first, unless the test has gateways of its own. */
  readonly sent: readonly Message[];
  readonly call: (method: string, path: string, call?: Call) => Promise<Answer>;
  /** Makes a user with a password, as administrator, and logs in. */
  addPerson(name: string, more?: Readonly<Record<string, unknown>>): Promise<Person>;
  /** Logs in with a password, and with a code where one is given. */
  logIn(person: Pick<Person, 'name' | 'password'>, code?: unknown): Promise<string>;
  /** The challenge token after a password. */
  challenge(person: Pick<Person, 'name' | 'password'>): Promise<string>;
  /**
   * Enrolls an app with the code of the previous step, so that the current one is unused. Sets the person's token to that
   * of the session's next generation.
   */
  addApp(person: Pick<Person, 'token'>): Promise<App>;
  /** The code of an app now, or some steps from now (computed by otpauth). */
  code(app: Pick<App, 'seed'>, steps?: number): string;
  /** A code that is wrong at all steps near now. */
  wrongCode(app: Pick<App, 'seed'>): string;
  /** Every row of every table, as text. */
  rows(): Promise<Rows>;
};

export type Settings = Partial<Options> & {
  /** SQLite in memory when absent. */
  readonly on?: TestDatabase;
  readonly clock?: TestClock;
};

export const url = 'https://house.example';
const administrator = { name: 'admin', password: 'the first of them all' };

/** Starts a server for one test. */
export async function startServer({ on, ...options }: Settings = {}): Promise<Server> {
  const opened =
    options.database === undefined ? await (on?.flavour === 'postgres' ? on.open() : migratedSqlite()) : undefined;
  const { clock = clockAt('2026-11-21T12:00:00Z') } = options;
  const lines: LogLine[] = [];
  const sent: Message[] = [];
  const countersign = await createCountersign({
    database: opened?.url ?? '',
    keysFile: keysFile(),
    url,
    admin: { username: administrator.name, password: administrator.password },
    clock,
    random: seededRandom('server'),
    hashCost: cheapCost,
    log: recordingLog(lines),
    gateways: [recordingGateway(sent)],
    ...options,
  });
  const answers: Answer[] = [];
  const call = caller(countersign, answers, options.hasBasePath ? basePathOf(options.url ?? url) : '');
  const token = member(
    await call('GET', '/auth/password', { basic: [administrator.name, administrator.password] }),
    'token',
  );
  const admin = { ...administrator, uid: member(await call('GET', '/users/me', { bearer: token }), 'uid'), token };
  const base = { countersign, clock, admin, answers, lines, sent, call, rows: () => rowsOf(countersign.context.store) };
  return {
    ...base,
    ...people(call, admin, clock),
    async [Symbol.asyncDispose]() {
      await countersign.close();
      await opened?.[Symbol.asyncDispose]();
    },
  };
}

function people(call: Server['call'], admin: Person, clock: TestClock) {
  const { codeFor, wrongCodeFor } = codesAt(clock);
  const code = ({ seed }: Pick<App, 'seed'>, steps?: number) => codeFor(seed, steps);
  async function challenge({ name, password }: Pick<Person, 'name' | 'password'>): Promise<string> {
    return member(await call('POST', '/auth/password', { basic: [name, password] }), 'challenge_token');
  }
  async function logIn(person: Pick<Person, 'name' | 'password'>, response?: unknown): Promise<string> {
    if (response === undefined)
      return member(await call('POST', '/auth/password', { basic: [person.name, person.password] }), 'token');
    const json = { token: response, challenge_token: await challenge(person) };
    return member(await call('POST', '/auth/totp', { json }), 'token');
  }
  return {
    code,
    challenge,
    logIn,
    wrongCode: ({ seed }: Pick<App, 'seed'>) => wrongCodeFor(seed),
    async addPerson(name: string, more: Readonly<Record<string, unknown>> = {}): Promise<Person> {
      const password = `the secret of ${name}`;
      const made = await call('POST', '/users', { bearer: admin.token, json: { name, password, ...more } });
      return { uid: member(made, 'uid'), name, password, token: await logIn({ name, password }) };
    },
    async addApp(person: Pick<Person, 'token'>): Promise<App> {
      const { token } = person;
      const made = await call('POST', '/users/me/secrets', { bearer: token, json: { type: 'mfa' } });
      assert.equal(made.status, 200, made.text);
      const { uid, secret } = made.json as { uid: string; secret: { secret: string } };
      const app = { seed: secret.secret };
      const path = `/users/me/secrets/${uid}/enroll`;
      const enrolled = await call('PUT', path, { bearer: token, json: { token: code(app, -1) } });
      assert.equal(enrolled.status, 200, enrolled.text);
      const { codes } = enrolled.json as { codes: string[] };
      person.token = member(enrolled, 'token');
      return { ...app, secretId: uid, codes };
    },
  };
}

/** A string member of an answer's body; the test fails where it is missing. */
export function member(answer: Answer, name: string): string {
  const value = (answer.json as Readonly<Record<string, unknown>> | undefined)?.[name];
  assert.equal(typeof value, 'string', `${answer.asked} answered ${answer.status} ${answer.text}`);
  return String(value);
}

/** Sends requests to one node, below its base path. */
export function caller(
  countersign: Pick<Countersign, 'fetch' | 'routes'>,
  answers: Answer[],
  base = '',
): Server['call'] {
  return async (method, path, { json, body = json === undefined ? undefined : JSON.stringify(json), ...call } = {}) => {
    const headers = new Headers(call.headers);
    if (call.bearer !== undefined) headers.set('Authorization', `Bearer ${call.bearer}`);
    if (call.basic) headers.set('Authorization', basic(...call.basic));
    if (json !== undefined && !headers.has('Content-Type')) headers.set('Content-Type', 'application/json');
    const sent = { method, headers, ...(body !== undefined && { body, duplex: 'half' as const }) };
    const request = new Request(new URL(url + base + path), sent);
    const response = await countersign.fetch(request, { incoming: { socket: { remoteAddress: '192.0.2.1' } } });
    const text = await response.text();
    const isJson = /[/+]json$/.test(response.headers.get('content-type') ?? '') && text !== '';
    const read = decoded(new URL(request.url).pathname).slice(base.length) || '/';
    const answer = {
      asked: `${method} ${path}`,
      path: read,
      route: routeFor(countersign.routes, method, read),
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? (JSON.parse(text) as unknown) : undefined,
    };
    assertHardened(answer, call.breaks ?? false);
    assertDeclared(answer, method);
    answers.push(answer);
    return answer;
  };
}

export const basic = (login: string, secret: string) =>
  `Basic ${Buffer.from(`${login}:${secret}`, 'utf8').toString('base64')}`;

function assertDeclared(answer: Answer, method: string): void {
  const { asked, path, route, status, headers, text, json } = answer;
  const about = `${asked} answered ${status} ${text}`;
  const type = headers.get('content-type')?.split(';')[0];
  // The answers to OPTIONS, and to a page of another origin, are the same at every route.
  if (method === 'OPTIONS' && status === 204) return assert.equal(text, '', about);
  if (status === 403 && type === 'text/html') return assert.match(text, /<title>origin_not_allowed/, about);
  const declared = route?.responses[status];
  if (declared && type !== 'application/problem+json') {
    const { body, type: own, page } = declared;
    if (page && type === 'text/html') return;
    assert.equal(type, own ?? (body && 'application/json'), about);
    if (method === 'HEAD' || !type) return assert.equal(text, '', about);
    return body && assert.deepEqual(body.parse(json), json, about);
  }
  assert.ok(status >= 400, `${about}, which the route does not declare`);
  const dialect = dialectAt(path);
  if (dialect) return assertDialect(dialect, answer, method, about);
  assert.equal(type, 'application/problem+json', about);
  if (method === 'HEAD') return assert.equal(text, '', about);
  const said = problemBody.parse(json);
  assert.equal(said.status, status, about);
  assert.equal(said.request_id, headers.get('x-request-id'), about);
  assert.match(said.code, /^[a-z]+(?:_[a-z]+)*$/, about);
  assert.ok(isProblemCode(said.code), about);
  assert.ok(
    meaningOf(said.code).statuses.includes(status),
    `${about}, a status that src/http/problem-codes does not list`,
  );
  assert.ok(said.type.startsWith('https://') && said.type.endsWith(`/problems/${said.code}`), about);
}

function assertDialect(
  dialect: z.ZodType,
  { status, headers, text, json }: Answer,
  method: string,
  about: string,
): void {
  assert.equal(headers.get('content-type'), 'application/json', about);
  if (method === 'HEAD') return assert.equal(text, '', about);
  assert.ok(dialect.safeParse(json).success, about);
  if (dialect !== errorEnvelope) return;
  const { error, request_id } = errorEnvelope.parse(json);
  assert.deepEqual([error, request_id], [String(status), headers.get('x-request-id')], about);
}

/** Asserts a status and, where errors are problems, the code: `401 invalid_token`. */
export function assertSaid(answer: Answer, expected: string, about = answer.asked): void {
  const { status, path, json, text } = answer;
  const common = dialectAt(path) === undefined;
  const code = common ? ` ${String((json as Readonly<Record<string, unknown>> | undefined)?.['code'])}` : '';
  const wanted = common ? expected : expected.split(' ')[0];
  assert.equal(`${status}${code}`, wanted, `${about}: ${text.slice(0, 300)}`);
}
