import assert from 'node:assert/strict';
import type { Hasher } from '../src/base/hasher.ts';
import { makeKeyRing, type KeyRing } from '../src/base/keys.ts';
import type { Outcome } from '../src/base/outcome.ts';
import { timeOrderedHex } from '../src/base/random.ts';
import { createSafe } from '../src/base/seal.ts';
import { createTurns, type Turns } from '../src/base/turns.ts';
import type { Exchange } from '../src/base/exchange.ts';
import { createAccessTokens } from '../src/engine/access-token.ts';
import { answerLogin } from '../src/engine/login/answer-login.ts';
import { confirm } from '../src/engine/enrollment/confirm.ts';
import {
  requestContext,
  type Client,
  type Context,
  type RequestContext,
  type Settings,
} from '../src/engine/context.ts';
import { enroll } from '../src/engine/enrollment/enroll.ts';
import { login, type LoginInput } from '../src/engine/login/login.ts';
import { authenticate, type Caller } from '../src/engine/session/authenticate.ts';
import { insertNewUser } from '../src/engine/directory/create-user.ts';
import type { Gateway, Message } from '../src/messages/message.ts';
import { createMessenger } from '../src/messages/messenger.ts';
import { createTexts } from '../src/messages/texts.ts';
import { insertAccount, rootAccount } from '../src/store/accounts.ts';
import type { Database } from '../src/store/store.ts';
import type { Profile, User } from '../src/store/users.ts';
import { clockAt, type TestClock } from './clock.ts';
import { codesAt } from './codes.ts';
import type { Opened, TestDatabase } from './databases.ts';
import { cheapHasher } from './hasher.ts';
import { noExchange, recordingGateway, defaultSettings } from './test-settings.ts';
import { recordingLog, type LogLine } from './log-lines.ts';
import { logged, type Logged } from './logged.ts';
import { seededRandom } from './random.ts';

/** The client of every request of the tests. */
export const client: Client = { ip: '192.0.2.1', userAgent: 'test', requestId: 'request' };

/** A session after its user changed factors through it. */
export function inNextEpoch(caller: Caller): Caller {
  const epoch = caller.epoch + 1;
  return { ...caller, epoch, user: { ...caller.user, epoch } };
}

/** Without queues per user: concurrent requests then run as on many nodes. */
export const noTurns: Turns = (_key, work) => work();

export type Overrides = {
  readonly clock?: TestClock;
  readonly ring?: KeyRing;
  readonly hasher?: Hasher;
  readonly turns?: Turns;
  readonly settings?: Partial<Settings>;
  readonly exchange?: Exchange;
  /** Message gateways; one that records messages when absent. */
  readonly gateways?: readonly Gateway[];
};

export type NewTestUser = Partial<Profile> & {
  readonly name: string;
  readonly password?: string;
  readonly account?: string;
};

export type Enrolled = {
  readonly id: string;
  readonly seed: string;
  readonly codes: readonly string[];
  /** The next access token of the session. */
  readonly token: string;
};

/** A user with a password and a session. */
export type Person = {
  readonly user: User;
  readonly name: string;
  readonly password: string;
  readonly token: string;
  readonly caller: Caller;
};

/** The engine of one node over one database, with helpers that make users and log in. */
export type TestEngine = {
  /** A request whose `now` is always the clock's. `ctx.at()` has a fixed `now`. */
  readonly ctx: RequestContext;
  readonly clock: TestClock;
  readonly database: Opened;
  readonly ring: KeyRing;
  /** The id of the root account. */
  readonly root: string;
  /** The lines of the log. */
  readonly lines: readonly LogLine[];
  /** The sent messages, oldest first. */
  readonly sent: readonly Message[];
  /** Another node over the same database: its own queues, its own random numbers and, on PostgreSQL, its own connections. */
  node(overrides?: Overrides): Promise<TestEngine>;
  addAccount(name: string): Promise<string>;
  addUser(made: NewTestUser): Promise<User>;
  /** The outcome of a first factor. */
  logIn(name: string, secret: string, more?: Partial<LoginInput>): ReturnType<typeof login>;
  /** The challenge token after a first factor. */
  challenge(name: string, secret: string): Promise<string>;
  /** The access token of a login, with a second factor's response where one is required. */
  signIn(name: string, secret: string, response?: unknown, account?: string): Promise<string>;
  /** The session of a token. */
  caller(token: string): Promise<Caller>;
  /** The session of a login. */
  enter(name: string, secret: string, response?: unknown): Promise<Caller>;
  addPerson(name: string, more?: Partial<NewTestUser>): Promise<Person>;
  /** A person with a TOTP authenticator, confirmed in their session. */
  addProtected(name: string, more?: Partial<NewTestUser>): Promise<Person & Enrolled>;
  /** Enrolls a TOTP authenticator. It is confirmed with the code of the previous step, so that the current one is unused. */
  enrollTotp(caller: Caller): Promise<Enrolled>;
  /** The code of an authenticator app now, or some steps from now. */
  codeFor(seed: string, steps?: number): string;
  /** A code that is wrong at all steps near now. */
  wrongCodeFor(seed: string): string;
  /** A user's counted failures by kind of factor. */
  failures(userId: string): Promise<Readonly<Record<string, number>>>;
  /** The attempts that some work logs, the oldest first. */
  logged(work: () => Promise<unknown>): Promise<readonly Logged[]>;
};

type Shared = {
  readonly opened: Opened;
  readonly clock: TestClock;
  readonly ring: KeyRing;
  readonly root: string;
  nodes: number;
};

export async function startEngine(
  database: TestDatabase,
  overrides: Overrides = {},
): Promise<TestEngine & AsyncDisposable> {
  const opened = await database.open();
  const clock = overrides.clock ?? clockAt('2026-11-21T12:00:00Z');
  const random = seededRandom('house');
  const ring = overrides.ring ?? makeKeyRing(random);
  const root = timeOrderedHex(random, clock.now());
  const shared = { opened, clock, ring, root, nodes: 0 };
  const built = await node(shared, opened, overrides);
  if (!(await rootAccount(built.ctx.store)))
    await insertAccount(built.ctx.store, { id: root, parentId: null, name: 'root' }, clock.now());
  return { ...built, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
}

async function node(shared: Shared, { db }: Database, overrides: Overrides): Promise<TestEngine> {
  shared.nodes += 1;
  const { opened, root } = shared;
  const clock = overrides.clock ?? shared.clock;
  const ring = overrides.ring ?? shared.ring;
  const random = seededRandom(`node ${shared.nodes}`);
  const lines: LogLine[] = [];
  const sent: Message[] = [];
  const ctx = liveRequest({
    store: { db, safe: createSafe(ring, random) },
    clock,
    random,
    hasher: overrides.hasher ?? cheapHasher(),
    turns: overrides.turns ?? createTurns(),
    tokens: await createAccessTokens(ring, 'https://house.example'),
    log: recordingLog(lines),
    messenger: createMessenger(overrides.gateways ?? [recordingGateway(sent)], recordingLog(lines)),
    texts: createTexts(),
    exchange: overrides.exchange ?? noExchange,
    node: 'd'.repeat(32),
    settings: { ...defaultSettings, ...overrides.settings },
  });
  const next = (more: Overrides = {}) => node(shared, opened.another(), { clock, ring, ...more });
  return {
    ctx,
    clock,
    database: opened,
    ring,
    root,
    lines,
    sent,
    node: next,
    ...logins(ctx),
    ...people(ctx, clock, root),
    ...records(ctx),
    ...codesAt(clock),
  };
}

/** A request whose `now` is always the clock's, so that a test needs one for all operations. */
function liveRequest(ctx: Context): RequestContext {
  return {
    ...requestContext(ctx, client),
    get now() {
      return ctx.clock.now();
    },
  };
}

type Logins = Pick<TestEngine, 'signIn' | 'caller' | 'enter' | 'logIn' | 'challenge'>;

function logins(ctx: RequestContext): Logins {
  const logIn: TestEngine['logIn'] = (name, secret, more) =>
    login(ctx, { authModule: 'password', login: name, secret, ...more });
  async function signIn(name: string, secret: string, response?: unknown, account?: string): Promise<string> {
    const first = unwrap(await logIn(name, secret, { account }));
    if (first.state === 'session') return first.token;
    return unwrap(await answerLogin(ctx, { challengeToken: first.challengeToken, response })).token;
  }
  const caller = async (token: string) => unwrap(await authenticate(ctx, token));
  return {
    signIn,
    caller,
    enter: async (name, secret, response) => caller(await signIn(name, secret, response)),
    logIn,
    async challenge(name, secret) {
      const first = unwrap(await logIn(name, secret));
      assert.equal(first.state, 'challenge');
      return first.state === 'challenge' ? first.challengeToken : '';
    },
  };
}

type People = Pick<TestEngine, 'addAccount' | 'addUser' | 'addPerson' | 'addProtected' | 'enrollTotp'>;

function people(ctx: RequestContext, clock: TestClock, root: string): People {
  const { signIn, caller } = logins(ctx);
  async function addUser({ account, ...made }: NewTestUser): Promise<User> {
    const profile = { email: null, phone: null, firstName: null, lastName: null, roles: ['user' as const], ...made };
    return unwrap(await insertNewUser(ctx, { ...profile, accountId: account ?? root })).user;
  }
  async function addPerson(name: string, more: Partial<NewTestUser> = {}): Promise<Person> {
    const password = `the password of ${name}`;
    const user = await addUser({ name, password, ...more });
    const token = await signIn(user.id, password, undefined, user.accountId);
    return { user, name, password, token, caller: await caller(token) };
  }
  async function enrollTotp(by: Caller): Promise<Enrolled> {
    const { authenticator, offer } = unwrap(await enroll(ctx, by, { kind: 'totp', label: null, input: {} }));
    const seed = String(offer.secret);
    const response = codesAt(clock).codeFor(seed, -1);
    const confirmed = unwrap(await confirm(ctx, by, { authenticatorId: authenticator.id, response }));
    return { id: authenticator.id, seed, codes: confirmed.recoveryCodes, token: confirmed.token ?? '' };
  }
  return {
    addUser,
    addPerson,
    enrollTotp,
    async addProtected(name, more) {
      const person = await addPerson(name, more);
      const enrolled = await enrollTotp(person.caller);
      return { ...person, ...enrolled, caller: await caller(enrolled.token) };
    },
    async addAccount(name) {
      const id = timeOrderedHex(ctx.random, clock.now());
      await insertAccount(ctx.store, { id, parentId: root, name }, clock.now());
      return id;
    },
  };
}

/** Failures and attempts in the database. */
function records({ store }: RequestContext): Pick<TestEngine, 'failures' | 'logged'> {
  return {
    async failures(userId) {
      const rows = await store.db
        .selectFrom('throttles')
        .select(['kind', 'failures'])
        .where('subject', '=', userId)
        .execute();
      return Object.fromEntries(rows.map(({ kind, failures }) => [kind, failures]));
    },
    logged: (work) => logged(store, work),
  };
}

/** The value of a success. A refusal fails the test. */
export function unwrap<Value>(outcome: Outcome<Value, string>): Value {
  if (!outcome.ok) assert.fail(`refused: ${outcome.reason}`);
  return outcome.value;
}

/** Runs some work many times at once. */
export function atOnce<Value>(times: number, work: (at: number) => Promise<Value>): Promise<Value[]> {
  return Promise.all(Array.from({ length: times }, (_, at) => work(at)));
}

/** How many of many concurrent calls succeeded. */
export async function winners(times: number, work: (at: number) => Promise<boolean>): Promise<number> {
  const won = await atOnce(times, work);
  return won.filter(Boolean).length;
}
