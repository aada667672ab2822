/**
 * What holds whatever happens: random people do random things over two nodes, one after the other and several at once.
 *
 * - A code, a recovery code and a challenge work once each, and a session with two factors rests on one of them.
 * - The accepted steps of an authenticator app only grow.
 * - No more guesses are looked at than are allowed, and at the bound the right one waits as well.
 * - Nobody changes a factor with less proof than their strongest factor asks for.
 *
 * What happens alone is foretold by a small model, reason by reason, and after it the database has to look as the model
 * says. A failure prints its seed, and TEST_SEED runs it again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeJwt } from 'jose';
import { Secret, TOTP } from 'otpauth';
import { z } from 'zod';
import { hour, minute, second } from '../../src/base/clock.ts';
import type { Outcome } from '../../src/base/outcome.ts';
import { answer } from '../../src/engine/login/answer.ts';
import { confirm } from '../../src/engine/enrollment/confirm.ts';
import type { Context, RequestContext } from '../../src/engine/context.ts';
import { enroll } from '../../src/engine/enrollment/enroll.ts';
import { login } from '../../src/engine/login/login.ts';
import { unlock } from '../../src/engine/operator/unlock.ts';
import { renewRecoveryCodes } from '../../src/engine/enrollment/recovery-codes.ts';
import { remove } from '../../src/engine/enrollment/remove.ts';
import { authenticate, type Caller } from '../../src/engine/session/authenticate.ts';
import { endSession } from '../../src/engine/session/own-sessions.ts';
import { setPassword } from '../../src/engine/enrollment/set-password.ts';
import { listAuthenticators } from '../../src/store/authenticators.ts';
import { findUser } from '../../src/store/users.ts';
import { onEachDatabase, type TestDatabase } from '../../kit/databases.ts';
import { got, house, noTurns, type House } from '../../kit/house.ts';

// What people may do. `pick` chooses among whatever there is at that moment.

const pick = fc.nat({ max: 1000 });
const who = fc.constantFrom('ada', 'eve');
const node = fc.constantFrom<number>(0, 1);

const tick = fc.record({
  do: fc.constant('tick' as const),
  by: fc.constantFrom(1, second, 15 * second, 30 * second, 30 * second, minute, 5 * minute, 16 * minute, -30 * second),
});

const act = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('login' as const),
      who,
      node,
      secret: fc.constantFrom('right', 'right', 'wrong', 'key'),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      node,
      pick,
      reply: fc.constantFrom(
        'now',
        'now',
        'now',
        'before',
        'after',
        'used',
        'wrong',
        'spare',
        'spare',
        'spent',
        'foreign',
      ),
      other: pick,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('enroll' as const), node, pick }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('confirm' as const), node, pick, right: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), node, pick, other: pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('renew' as const), node, pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('addKey' as const), node, pick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('setPassword' as const),
      node,
      pick,
      current: fc.constantFrom('right', 'wrong', 'none'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('logout' as const), node, pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unlock' as const), node, who }) },
);

/** Many guesses at once at whatever there is to guess at. */
const storm = fc
  .tuple(
    fc.oneof(
      fc.record({ do: fc.constant('login' as const), who, secret: fc.constant('wrong') }),
      fc.record({ do: fc.constant('answer' as const), pick, reply: fc.constantFrom('wrong', 'spent'), other: pick }),
      fc.record({ do: fc.constant('confirm' as const), pick, right: fc.constant(false) }),
    ),
    fc.integer({ min: 4, max: 8 }),
  )
  .map(([guess, times]) => Array.from({ length: times }, (_, at) => ({ ...guess, node: at % 2 })));

const script = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: tick.map((one) => [one]) },
    { weight: 7, arbitrary: act.map((one) => [one]) },
    { weight: 2, arbitrary: fc.array(act, { minLength: 2, maxLength: 5 }) },
    { weight: 1, arbitrary: storm },
  ),
  { minLength: 8, maxLength: 24 },
);

type Act = typeof act extends fc.Arbitrary<infer One> ? One : never;
type Step = Act | (typeof tick extends fc.Arbitrary<infer One> ? One : never);

// What people remember.

type Session = {
  readonly name: string;
  readonly id: string;
  readonly token: string;
  readonly madeAt: number;
  readonly program: boolean;
};
type Challenge = { readonly name: string; readonly token: string; readonly madeAt: number };

type Memory = {
  readonly sessions: Session[];
  readonly challenges: Challenge[];
  readonly passwords: Record<string, string[]>;
  readonly codes: Record<string, string[]>;
  readonly keys: Record<string, string[]>;
  /** Codes that opened something. */
  readonly used: Record<string, string[]>;
  /** Everything that may work once and did. */
  readonly consumed: Set<string>;
  /** How many sessions with a second factor came of it. */
  raised: number;
};

type Stage = {
  readonly home: House;
  readonly nodes: readonly House[];
  readonly ids: Readonly<Record<string, string>>;
  readonly memory: Memory;
};

// What the database holds, and what the model says it should.

type App = { readonly id: string; readonly seed: string; lastStep: number };

type Person = {
  epoch: number;
  password: string;
  keys: number;
  apps: App[];
  pending: { readonly id: string; readonly seed: string; readonly madeAt: number } | null;
  /** The recovery codes that are left. */
  codes: string[];
  throttles: Record<string, { failures: number; at: number }>;
  sessions: Record<string, { epoch: number; provenAt: number | null; over: boolean }>;
  challenges: Record<string, { epoch: number; closed: boolean }>;
};

type World = Record<string, Person>;

const appState = z.object({ seed: z.string(), lastStep: z.number() });
const codesState = z.object({ codes: z.array(z.string()) });
const passwordState = z.object({ hash: z.string() });

async function look({ home: { ctx }, ids, memory }: Stage): Promise<World> {
  const world: World = {};
  for (const [name, id] of Object.entries(ids)) world[name] = await lookAt(ctx, memory, name, id);
  return world;
}

async function lookAt({ store, hasher }: Context, memory: Memory, name: string, userId: string): Promise<Person> {
  const { db, safe } = store;
  const user = (await findUser(store, userId)) ?? assert.fail();
  // Enrolments that have run out are there until they are swept.
  const all = await listAuthenticators(store, userId, 0);
  const apps = all.filter(({ kind }) => kind === 'totp').map((one) => ({ ...one, ...appState.parse(one.state) }));
  const pending = apps.find(({ status }) => status === 'pending');
  const kept = all.flatMap(({ kind, state }) => (kind === 'recovery' ? codesState.parse(state).codes : []));
  const { hash } = passwordState.parse(all.find(({ kind }) => kind === 'password')?.state);
  let password = '';
  for (const candidate of memory.passwords[name] ?? []) if (await hasher.verify(hash, candidate)) password = candidate;
  const throttles = await db.selectFrom('throttles').selectAll().where('subject', '=', userId).execute();
  const sessions = await db.selectFrom('sessions').selectAll().where('user_id', '=', userId).execute();
  const challenges = await db.selectFrom('challenges').selectAll().where('user_id', '=', userId).execute();
  const tokens = new Map(memory.challenges.map(({ token }) => [safe.mac('challenge', token), token]));
  const codes = (memory.codes[name] ?? []).filter((code) =>
    kept.includes(safe.mac('recovery', code.replaceAll('-', ''))),
  );
  assert.equal(codes.length, kept.length, 'codes that nobody was shown');
  return {
    epoch: user.epoch,
    password,
    keys: all.filter(({ kind }) => kind === 'apikey').length,
    apps: apps.filter(({ status }) => status === 'active').map(({ id, seed, lastStep }) => ({ id, seed, lastStep })),
    pending: pending ? { id: pending.id, seed: pending.seed, madeAt: pending.createdAt } : null,
    codes,
    throttles: Object.fromEntries(throttles.map(({ kind, failures, last_at: at }) => [kind, { failures, at }])),
    sessions: Object.fromEntries(
      sessions.map((row) => [
        row.id,
        { epoch: row.epoch, provenAt: row.second_factor_at, over: row.revoked_at !== null },
      ]),
    ),
    challenges: Object.fromEntries(
      challenges.map((row) => [
        tokens.get(row.token_hash) ?? '?',
        { epoch: row.epoch, closed: row.closed_at !== null },
      ]),
    ),
  };
}

// What somebody is about to do: a step whose choices are made.

type Intent =
  | { readonly do: 'login'; readonly name: string; readonly secret: string; readonly key: boolean }
  | { readonly do: 'answer'; readonly name: string; readonly challenge: Challenge; readonly reply: string }
  | { readonly do: 'enroll' | 'renew' | 'addKey' | 'logout'; readonly name: string; readonly session: Session }
  | {
      readonly do: 'confirm';
      readonly name: string;
      readonly session: Session;
      readonly id: string;
      readonly reply: string;
    }
  | { readonly do: 'remove'; readonly name: string; readonly session: Session; readonly id: string }
  | {
      readonly do: 'setPassword';
      readonly name: string;
      readonly session: Session;
      readonly secret: string;
      readonly current?: string;
    }
  | { readonly do: 'unlock'; readonly name: string };

const choose = <Value>(values: readonly Value[] | undefined, at: number): Value | undefined =>
  values?.[at % Math.max(1, values.length)];

/** What is likely to work, where there is any, and now and then something else. */
const mostly = <Value>(likely: readonly Value[], all: readonly Value[], at: number) =>
  at % 5 === 0 || likely.length === 0 ? all.slice(-5) : likely.slice(-5);

function intend({ home, memory }: Stage, world: World, step: Act): Intent | undefined {
  if (step.do === 'unlock') return { do: 'unlock', name: step.who };
  if (step.do === 'login') {
    const key = step.secret === 'key' ? choose(memory.keys[step.who], 0) : undefined;
    const password = step.secret === 'right' ? world[step.who]?.password : undefined;
    return { do: 'login', name: step.who, secret: key ?? password ?? 'a wrong guess', key: key !== undefined };
  }
  if (step.do === 'answer') {
    const open = memory.challenges.filter(({ name, token }) => {
      const kept = world[name]?.challenges[token];
      return kept?.closed === false && kept.epoch === world[name]?.epoch;
    });
    const challenge = choose(mostly(open, memory.challenges, step.pick), step.pick);
    return (
      challenge && {
        do: 'answer',
        name: challenge.name,
        challenge,
        reply: replyOf(home, memory, world, challenge.name, step),
      }
    );
  }
  const live = memory.sessions.filter(({ name, id }) => {
    const kept = world[name]?.sessions[id];
    const awaited = step.do !== 'confirm' || world[name]?.pending;
    return kept?.over === false && kept.epoch === world[name]?.epoch && awaited;
  });
  const session = choose(mostly(live, memory.sessions, step.pick), step.pick);
  if (!session) return undefined;
  const { name } = session;
  const person = world[name] ?? assert.fail();
  if (step.do === 'confirm') {
    const { id, seed } = person.pending ?? { id: 'nothing', seed: undefined };
    const reply = step.right && seed !== undefined ? home.codeFor(seed) : home.wrongCodeFor(seed ?? 'A'.repeat(32));
    return { do: 'confirm', name, session, id, reply };
  }
  if (step.do === 'remove')
    return { do: 'remove', name, session, id: choose(person.apps, step.other)?.id ?? 'nothing' };
  if (step.do === 'setPassword') {
    const secret = `password ${memory.passwords[name]?.length} of ${name}`;
    // Remembered at once: of several at the same time nobody knows which is the last.
    memory.passwords[name]?.push(secret);
    const current = { right: person.password, wrong: 'a wrong guess', none: undefined }[step.current];
    return { do: 'setPassword', name, session, secret, ...(current !== undefined && { current }) };
  }
  return { do: step.do, name, session };
}

function replyOf(
  home: House,
  memory: Memory,
  world: World,
  name: string,
  { reply, other }: Act & { do: 'answer' },
): string {
  const person = world[name] ?? assert.fail();
  const stranger = world[name === 'ada' ? 'eve' : 'ada'] ?? assert.fail();
  const seed = choose(person.apps, other)?.seed;
  const spent = memory.codes[name]?.filter((code) => !person.codes.includes(code));
  const shows = (steps: number) => (seed === undefined ? undefined : home.codeFor(seed, steps));
  const replies = {
    now: () => shows(0),
    before: () => shows(-1),
    after: () => shows(1),
    used: () => choose(memory.used[name], other),
    wrong: () => undefined,
    spare: () => choose(person.codes, other),
    spent: () => choose(spent, other),
    foreign: () =>
      choose(stranger.codes, other) ??
      choose(
        stranger.apps.map((app) => home.codeFor(app.seed)),
        other,
      ),
  };
  return replies[reply]() ?? (reply === 'spare' || reply === 'spent' ? '0000-0000-0000-0000' : '000000');
}

// Doing it.

async function perform(stage: Stage, intent: Intent, { ctx, clock }: House): Promise<Outcome<unknown, string>> {
  const { memory, ids } = stage;
  if (intent.do === 'login') {
    const outcome = await login(ctx, { authModule: 'password', login: intent.name, secret: intent.secret });
    if (outcome.ok && outcome.value.state === 'challenge') {
      memory.challenges.push({ name: intent.name, token: outcome.value.challengeToken, madeAt: clock.now() });
    } else if (outcome.ok && outcome.value.state === 'session')
      remember(stage, intent.name, outcome.value.token, intent.key);
    return outcome;
  }
  if (intent.do === 'answer') {
    const outcome = await answer(ctx, { challengeToken: intent.challenge.token, reply: intent.reply });
    if (outcome.ok) remember(stage, intent.name, outcome.value.token, false);
    return outcome;
  }
  if (intent.do === 'unlock') return unlock(ctx, { login: ids[intent.name] ?? '' });
  const caller = await authenticate(ctx, intent.session.token);
  return caller.ok ? performAs(stage, intent, caller.value, ctx) : caller;
}

async function performAs(
  { memory }: Stage,
  intent: Exclude<Intent, { do: 'login' | 'answer' | 'unlock' }>,
  caller: Caller,
  ctx: RequestContext,
): Promise<Outcome<unknown, string>> {
  const { name } = intent;
  if (intent.do === 'logout') return endSession(ctx, caller, caller.id);
  if (intent.do === 'enroll') return enroll(ctx, caller, { kind: 'totp', label: null, input: {} });
  if (intent.do === 'setPassword') {
    return setPassword(ctx, caller, { secret: intent.secret, current: intent.current, label: null });
  }
  if (intent.do === 'remove') {
    const user = (await findUser(ctx.store, caller.userId)) ?? assert.fail();
    return remove(ctx, caller, { user, authenticatorId: intent.id });
  }
  if (intent.do === 'addKey') {
    const made = await enroll(ctx, caller, { kind: 'apikey', label: null, input: {} });
    if (made.ok) memory.keys[name]?.push(String(made.value.offer.secret));
    return made;
  }
  if (intent.do === 'confirm') {
    const confirmed = await confirm(ctx, caller, { authenticatorId: intent.id, reply: intent.reply });
    if (confirmed.ok) memory.codes[name]?.push(...confirmed.value.recoveryCodes);
    return confirmed;
  }
  const renewed = await renewRecoveryCodes(ctx, caller);
  if (renewed.ok) memory.codes[name]?.push(...renewed.value);
  return renewed;
}

function remember({ home, memory }: Stage, name: string, token: string, program: boolean): void {
  memory.sessions.push({ name, id: String(decodeJwt(token)['sid']), token, madeAt: home.clock.now(), program });
}

// Foretelling it.

const waits = [30, 60, 120, 240, 480];

/** When the next try is looked at; undefined when no time is long enough. */
function openAt(throttle: { failures: number; at: number } | undefined): number | undefined {
  if (!throttle || throttle.failures < 5) return -Infinity;
  return throttle.failures >= 100 ? undefined : throttle.at + (waits[throttle.failures - 5] ?? 900) * second;
}

/** Counts a try. True: it is looked at. */
function claim({ throttles }: Person, kind: string, now: number): boolean {
  const open = openAt(throttles[kind]);
  if (open === undefined || open > now) return false;
  throttles[kind] = { failures: (throttles[kind]?.failures ?? 0) + 1, at: now };
  return true;
}

/** The steps near now at which an app shows this code. */
function stepsOf(seed: string, code: string, now: number): readonly number[] {
  const totp = new TOTP({ secret: Secret.fromBase32(seed) });
  const present = Math.floor(now / (30 * second));
  return [present - 1, present, present + 1].filter((one) => totp.generate({ timestamp: one * 30 * second }) === code);
}

const isFresh = (provenAt: number | null | undefined, now: number) =>
  provenAt !== null && provenAt !== undefined && now - provenAt <= 15 * minute;

/** The reason of a refusal, or undefined for a success; and in `person` what the database holds after it, but for what chance draws. */
function foretell(person: Person, intent: Intent, now: number): string | undefined {
  if (intent.do === 'login') return foretellLogin(person, intent, now);
  if (intent.do === 'answer') return foretellAnswer(person, intent, now);
  if (intent.do === 'unlock') {
    person.throttles = {};
    return undefined;
  }
  const { session } = intent;
  const kept = person.sessions[session.id] ?? assert.fail();
  const seconds = (time: number) => Math.floor(time / second);
  const inTime = now < session.madeAt + hour && seconds(now) < seconds(session.madeAt + hour);
  const notAhead = seconds(session.madeAt) * second <= now + minute;
  if (kept.over || kept.epoch !== person.epoch || !inTime || !notAhead) return 'invalid_token';
  if (intent.do === 'logout') {
    kept.over = true;
    return undefined;
  }
  if (person.apps.length > 0 && !isFresh(kept.provenAt, now)) return 'step_up_required';
  if (session.program) return 'unattended';
  // For a new password the present one is asked.
  const asksLogin = person.apps.length === 0 && intent.do !== 'setPassword';
  if (asksLogin && !isFresh(session.madeAt, now)) return 'login_too_old';
  const refused = foretellChange(person, intent, now);
  if (refused !== undefined || intent.do === 'enroll') return refused;
  person.epoch += 1;
  kept.epoch += 1;
  if (intent.do === 'confirm') kept.provenAt = now;
  return undefined;
}

function foretellLogin(person: Person, { key, secret }: Intent & { do: 'login' }, now: number): string | undefined {
  if (key) return undefined;
  if (!claim(person, 'password', now)) return 'throttled';
  if (secret !== person.password) return 'wrong';
  delete person.throttles.password;
  return undefined;
}

function foretellAnswer(
  person: Person,
  { challenge, reply }: Intent & { do: 'answer' },
  now: number,
): string | undefined {
  const kept = person.challenges[challenge.token] ?? assert.fail();
  if (kept.closed || kept.epoch !== person.epoch || now >= challenge.madeAt + 3 * minute) return 'invalid_challenge';
  const kind = /^\d{6}$/.test(reply) ? 'totp' : 'recovery';
  if (!claim(person, kind, now)) return 'throttled';
  if (kind === 'recovery') {
    if (!person.codes.includes(reply)) return 'wrong';
    person.codes = person.codes.filter((code) => code !== reply);
  } else {
    const fitting = person.apps
      .map((app) => ({ app, steps: stepsOf(app.seed, reply, now) }))
      .filter(({ steps }) => steps.length > 0);
    const fresh = fitting.find(({ app, steps }) => Math.min(...steps) > app.lastStep);
    if (!fresh) return fitting.length > 0 ? 'replayed' : 'wrong';
    fresh.app.lastStep = Math.max(...fresh.steps);
  }
  kept.closed = true;
  delete person.throttles[kind];
  return undefined;
}

type Change = Intent & { do: 'enroll' | 'confirm' | 'remove' | 'renew' | 'addKey' | 'setPassword' };

function foretellChange(person: Person, intent: Change | Intent, now: number): string | undefined {
  if (intent.do === 'enroll') return person.apps.length >= 5 ? 'too_many' : undefined;
  if (intent.do === 'renew') return person.apps.length === 0 ? 'mfa_not_enabled' : undefined;
  if (intent.do === 'addKey') person.keys += 1;
  if (intent.do === 'remove') {
    if (!person.apps.some(({ id }) => id === intent.id)) return 'not_found';
    person.apps = person.apps.filter(({ id }) => id !== intent.id);
    if (person.apps.length === 0) person.codes = [];
  }
  if (intent.do === 'confirm') {
    const { pending } = person;
    if (!pending || now >= pending.madeAt + 10 * minute) return 'not_found';
    if (person.apps.length >= 5) return 'too_many';
    if (!claim(person, 'totp.enrollment', now)) return 'throttled';
    const steps = stepsOf(pending.seed, intent.reply, now);
    if (steps.length === 0) return 'wrong';
    delete person.throttles['totp.enrollment'];
    person.apps.push({ id: pending.id, seed: pending.seed, lastStep: Math.max(...steps) });
    person.apps.sort((a, b) => (a.id < b.id ? -1 : 1));
    person.pending = null;
  }
  if (intent.do === 'setPassword') {
    if (person.apps.length === 0) {
      if (intent.current === undefined) return 'current_password_required';
      if (!claim(person, 'password', now)) return 'throttled';
      if (intent.current !== person.password) return 'wrong_current_password';
      delete person.throttles.password;
    }
    person.password = intent.secret;
  }
  return undefined;
}

/** Puts into the model what only chance could draw: new sessions and challenges, a new seed, new recovery codes. */
function drawn(person: Person, real: Person, intent: Intent, now: number): void {
  if (intent.do === 'login' || intent.do === 'answer') {
    const sessions = Object.keys(real.sessions).filter((id) => !(id in person.sessions));
    const challenges = Object.keys(real.challenges).filter((token) => !(token in person.challenges));
    const asked = intent.do === 'login' && !intent.key && person.apps.length > 0;
    assert.deepEqual([sessions.length, challenges.length], asked ? [0, 1] : [1, 0]);
    const { epoch } = person;
    const provenAt = intent.do === 'answer' ? now : null;
    for (const id of sessions) person.sessions[id] = { epoch, provenAt, over: false };
    for (const token of challenges) person.challenges[token] = { epoch, closed: false };
  }
  if (intent.do === 'enroll') person.pending = real.pending;
  if (intent.do === 'renew' || (intent.do === 'confirm' && person.codes.length === 0)) {
    assert.equal(real.codes.length, 10);
    assert.ok(real.codes.every((code) => !person.codes.includes(code)));
    person.codes = real.codes;
  }
}

// What holds after every step.

type Done = { readonly intent: Intent; readonly outcome: Outcome<unknown, string> };

/** How a try ended that was looked at. */
const looks = ['wrong', 'replayed', 'raced', 'wrong_current_password'];

const kindOf = (intent: Intent): string | undefined => {
  if (intent.do === 'login') return intent.key ? undefined : 'password';
  if (intent.do === 'answer') return /^\d{6}$/.test(intent.reply) ? 'totp' : 'recovery';
  return intent.do === 'confirm' ? 'totp.enrollment' : undefined;
};

function holds({ home, memory }: Stage, before: World, after: World, done: readonly Done[]): void {
  const now = home.clock.now();
  for (const { intent, outcome } of done) {
    const [was, is] = [before[intent.name] ?? assert.fail(), after[intent.name] ?? assert.fail()];
    if (outcome.ok && (intent.do === 'answer' || intent.do === 'confirm')) {
      const once = [
        `${intent.name}: ${intent.reply}`,
        ...(intent.do === 'answer' ? [`challenge ${intent.challenge.token}`] : []),
      ];
      for (const one of once) {
        assert.ok(!memory.consumed.has(one), `${one} worked twice`);
        memory.consumed.add(one);
      }
      memory.used[intent.name]?.push(intent.reply);
      memory.raised += 1;
    }
    if (outcome.ok && 'session' in intent && intent.do !== 'logout') {
      assert.ok(!intent.session.program, `${intent.do} by a program`);
      const { provenAt } = was.sessions[intent.session.id] ?? assert.fail();
      const proof = was.apps.length > 0 ? provenAt : intent.session.madeAt;
      const isProven = isFresh(proof, now) || (was.apps.length === 0 && intent.do === 'setPassword');
      assert.ok(isProven, `${intent.do} without the proof it needs`);
    }
    for (const app of was.apps) {
      const next = is.apps.find(({ id }) => id === app.id);
      assert.ok(!next || next.lastStep >= app.lastStep, 'a step was forgotten');
    }
  }
  bounded(before, done, now);
  const raised = Object.values(after).flatMap(({ sessions }) =>
    Object.values(sessions).filter(({ provenAt }) => provenAt !== null),
  );
  assert.ok(raised.length <= memory.raised, 'a session with two factors that nothing was spent for');
}

/** No more tries were looked at than there were; a success gives new ones. */
function bounded(before: World, done: readonly Done[], now: number): void {
  for (const [name, person] of Object.entries(before)) {
    const tries = done.filter(({ intent }) => intent.name === name);
    if (tries.some(({ intent }) => intent.do === 'unlock')) continue;
    for (const kind of ['password', 'totp', 'recovery', 'totp.enrollment']) {
      const ends = tries.filter(({ intent }) => kindOf(intent) === kind).map(({ outcome }) => outcome);
      if (ends.some(({ ok }) => ok)) continue;
      const throttle = person.throttles[kind];
      const open = openAt(throttle);
      const left = open === undefined || open > now ? 0 : Math.max(1, 5 - (throttle?.failures ?? 0));
      const looked = ends.filter((outcome) => !outcome.ok && looks.includes(outcome.reason)).length;
      assert.ok(looked <= left, `${looked} guesses at ${kind} of ${name} were looked at, and ${left} were left`);
    }
  }
}

async function alone(stage: Stage, world: World, intent: Intent, on: House): Promise<World> {
  const model = structuredClone(world);
  const person = model[intent.name] ?? assert.fail();
  const expected = foretell(person, intent, stage.home.clock.now());
  const outcome = await perform(stage, intent, on);
  const after = await look(stage);
  assert.equal(outcome.ok ? undefined : outcome.reason, expected, JSON.stringify(intent));
  if (outcome.ok) drawn(person, after[intent.name] ?? assert.fail(), intent, stage.home.clock.now());
  assert.deepEqual(after, model, JSON.stringify(intent));
  holds(stage, world, after, [{ intent, outcome }]);
  return after;
}

async function together(stage: Stage, world: World, chosen: readonly { intent: Intent; on: House }[]): Promise<World> {
  const done = await Promise.all(
    chosen.map(async ({ intent, on }) => ({ intent, outcome: await perform(stage, intent, on) })),
  );
  const after = await look(stage);
  holds(stage, world, after, done);
  return after;
}

async function play(database: TestDatabase, batches: readonly (readonly Step[])[]): Promise<void> {
  await using home = await house(database);
  const nodes = [await home.node({ turns: noTurns }), await home.node({ turns: noTurns })];
  const stage = await prepare(home, nodes);
  let world = await look(stage);
  for (const batch of batches) {
    const [only] = batch;
    if (only?.do === 'tick') {
      home.clock.tick(only.by);
      continue;
    }
    const chosen = batch.flatMap((step) => {
      if (step.do === 'tick') return [];
      const intent = intend(stage, world, step);
      return intent ? [{ intent, on: nodes[step.node] ?? home }] : [];
    });
    const [first] = chosen;
    if (!first) continue;
    world =
      chosen.length === 1 ? await alone(stage, world, first.intent, first.on) : await together(stage, world, chosen);
  }
}

/** Two people with a second factor and a challenge to answer, one of whom has a key. */
async function prepare(home: House, nodes: readonly House[]): Promise<Stage> {
  const memory: Memory = {
    sessions: [],
    challenges: [],
    passwords: {},
    codes: {},
    keys: {},
    used: {},
    consumed: new Set(),
    raised: 0,
  };
  const ids: Record<string, string> = {};
  const stage = { home, nodes, ids, memory };
  for (const name of ['ada', 'eve']) {
    const { user, password, token, codes } = await home.addProtected(name);
    ids[name] = user.id;
    memory.passwords[name] = [password];
    memory.codes[name] = [...codes];
    memory.keys[name] = [];
    memory.used[name] = [];
    memory.raised += 1;
    remember(stage, name, token, false);
    if (name === 'ada') {
      const made = got(await enroll(home.ctx, await home.caller(token), { kind: 'apikey', label: null, input: {} }));
      memory.keys[name].push(String(made.offer.secret));
    }
    memory.challenges.push({ name, token: await home.challenge(name, password), madeAt: home.clock.now() });
  }
  return stage;
}

onEachDatabase('whatever people do, over two nodes and at once', (database) => {
  test('codes work once, steps grow, guesses are bounded and factors are changed by who has proven them', async () => {
    const seed = Number(process.env.TEST_SEED ?? 20_261_121);
    const numRuns = database.flavour === 'sqlite' ? 40 : 16;
    const property = fc.asyncProperty(script, (batches) => play(database, batches));
    await fc.assert(property, { seed, numRuns, interruptAfterTimeLimit: 8000 });
  });
});
