/**
 * Guessing is bounded: of any number of simultaneous guesses at one factor five are looked at, over any number of
 * challenges and nodes, and then the right one has to wait as well.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day } from '../../src/base/clock.ts';
import { refuse, type Outcome } from '../../src/base/outcome.ts';
import { createTurns } from '../../src/base/turns.ts';
import { answerLogin } from '../../src/engine/login/answer-login.ts';
import { confirm } from '../../src/engine/enrollment/confirm.ts';
import { enroll } from '../../src/engine/enrollment/enroll.ts';
import { login } from '../../src/engine/login/login.ts';
import { unlock } from '../../src/engine/operator/unlock.ts';
import { setPassword } from '../../src/engine/enrollment/set-password.ts';
import { openDatabase } from '../../src/store/store.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { atOnce, unwrap, startEngine, noTurns, type TestEngine } from '../../kit/test-engine.ts';

const settings: Readonly<Record<string, (engine: TestEngine) => Promise<readonly TestEngine[]>>> = {
  'on one node': async (engine) => [engine],
  'over two nodes': async (engine) => [await engine.node({ turns: noTurns }), await engine.node({ turns: noTurns })],
};

type Try = (node: TestEngine, at: number) => Promise<Outcome<unknown, string>>;

/** What there is to guess at: the wrong tries and the right one. */
type Target = { readonly wrong: Try; readonly right: Try; readonly looked?: string };

/** A code of a factor, over one challenge or over many. */
async function codes(engine: TestEngine, kind: 'totp' | 'recovery', challenges: number): Promise<Target> {
  const { name, password, seed, codes: spare } = await engine.addProtected('ada');
  const tokens: string[] = [];
  for (let at = 0; at < challenges; at += 1) tokens.push(await engine.challenge(name, password));
  const [wrong, right] =
    kind === 'totp' ? [engine.wrongCodeFor(seed), engine.codeFor(seed)] : ['0000-0000-0000-0000', spare[0]];
  const send =
    (response: unknown): Try =>
    ({ ctx }, at) =>
      answerLogin(ctx, { challengeToken: tokens[at % challenges] ?? '', response });
  return { wrong: send(wrong), right: send(right) };
}

const targets: Readonly<Record<string, (engine: TestEngine) => Promise<Target>>> = {
  'a password': async (engine) => {
    const { name, password } = await engine.addPerson('ada');
    return { wrong: (node) => node.logIn(name, 'a wrong guess'), right: (node) => node.logIn(name, password) };
  },
  'the password of somebody who does not exist': async () => ({
    wrong: (node) => node.logIn('nobody', 'a wrong guess'),
    right: (node) => node.logIn('NOBODY', 'another guess'),
    looked: 'unknown_user',
  }),
  'the present password, to set another': async (engine) => {
    const { password, caller } = await engine.addPerson('ada');
    const set =
      (current: string): Try =>
      ({ ctx }) =>
        setPassword({ ...ctx, currentPassword: current }, caller, { secret: 'a new password', label: null });
    return { wrong: set('a wrong guess'), right: set(password), looked: 'wrong_current_password' };
  },
  'a device secret': async (engine) => {
    const { name, caller } = await engine.addPerson('ada');
    const secret = 'the secret of a device';
    unwrap(await enroll(engine.ctx, caller, { kind: 'device', label: null, input: { secret } }));
    return { wrong: (node, at) => node.logIn(name, `a wrong guess ${at}`), right: (node) => node.logIn(name, secret) };
  },
  'the code of an app over one challenge': (engine) => codes(engine, 'totp', 1),
  'the code of an app over eight challenges': (engine) => codes(engine, 'totp', 8),
  'the recovery codes over one challenge': (engine) => codes(engine, 'recovery', 1),
  'the recovery codes over eight challenges': (engine) => codes(engine, 'recovery', 8),
  'the first code of an enrolment': async (engine) => {
    const { caller } = await engine.addPerson('ada');
    const { authenticator, offer } = unwrap(await enroll(engine.ctx, caller, { kind: 'totp', label: null, input: {} }));
    const seed = String(offer.secret);
    const send =
      (response: string): Try =>
      ({ ctx }) =>
        confirm(ctx, caller, { authenticatorId: authenticator.id, response });
    return { wrong: send(engine.wrongCodeFor(seed)), right: send(engine.codeFor(seed)) };
  },
};

function tally(outcomes: readonly Outcome<unknown, string>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const word = outcome.ok ? 'success' : outcome.reason;
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}

onEachDatabase('guessing is bounded', (database) => {
  for (const [what, aim] of Object.entries(targets)) {
    for (const [where, open] of Object.entries(settings)) {
      test(`at ${what}, ${where}: of sixty-four at once five are looked at, and the right one waits too`, async () => {
        await using engine = await startEngine(database);
        const { wrong, right, looked = 'wrong' } = await aim(engine);
        const nodes = await open(engine);
        const nodeOf = (at: number) => nodes[at % nodes.length] ?? engine;
        const outcomes = await atOnce(64, (at) => wrong(nodeOf(at), at));
        assert.deepEqual(tally(outcomes), { [looked]: 5, throttled: 59 });
        for (const node of nodes) assert.deepEqual(await right(node, 0), refuse('throttled', 30));
        engine.clock.tick(29_999);
        assert.deepEqual(await right(nodeOf(0), 0), refuse('throttled', 1));
        engine.clock.tick(1);
        if (looked !== 'unknown_user') assert.equal((await right(nodeOf(1), 0)).ok, true);
      });
    }
  }

  test('when the wait is over, one more is looked at', async () => {
    await using engine = await startEngine(database);
    const { wrong } = await codes(engine, 'totp', 1);
    await atOnce(64, (at) => wrong(engine, at));
    const nodes = [await engine.node({ turns: noTurns }), await engine.node({ turns: noTurns })];
    for (const [tick, retryAfter] of [
      [30_000, 60],
      [60_000, 120],
    ] as const) {
      engine.clock.tick(tick);
      assert.deepEqual(tally(await atOnce(16, (at) => wrong(nodes[at % 2] ?? engine, at))), {
        wrong: 1,
        throttled: 15,
      });
      assert.deepEqual(await wrong(engine, 0), refuse('throttled', retryAfter));
    }
  });

  test('after a restart too', async () => {
    await using engine = await startEngine(database);
    const { name, password } = await engine.addPerson('ada');
    for (let time = 0; time < 5; time += 1) await engine.logIn(name, 'a wrong guess');
    const { db } = openDatabase(engine.database.url);
    const restarted = await engine.node();
    const ctx = { ...restarted.ctx, store: { ...restarted.ctx.store, db }, turns: createTurns() };
    const again = await login(ctx, { authModule: 'password', login: name, secret: password });
    assert.deepEqual(again, refuse('throttled', 30));
    await db.destroy();
  });

  test('a right password between wrong codes resets nothing', async () => {
    await using engine = await startEngine(database);
    const { name, password, seed } = await engine.addProtected('ada');
    const reasons: (string | undefined)[] = [];
    for (let time = 0; time < 8; time += 1) {
      const challengeToken = await engine.challenge(name, password);
      const outcome = await answerLogin(engine.ctx, { challengeToken, response: engine.wrongCodeFor(seed) });
      reasons.push(outcome.ok ? undefined : outcome.reason);
    }
    assert.deepEqual(reasons, [
      ...Array.from({ length: 5 }, () => 'wrong'),
      ...Array.from({ length: 3 }, () => 'throttled'),
    ]);
  });

  test("somebody else's success resets nothing", async () => {
    await using engine = await startEngine(database);
    const [ada, eve] = [await engine.addProtected('ada'), await engine.addProtected('eve')];
    for (let time = 0; time < 4; time += 1) {
      const challengeToken = await engine.challenge(ada.name, ada.password);
      await answerLogin(engine.ctx, { challengeToken, response: engine.wrongCodeFor(ada.seed) });
      assert.ok(await engine.enter(eve.name, eve.password, eve.codes[time]));
    }
    assert.deepEqual(await engine.failures(ada.user.id), { totp: 4 });
  });

  /** Ninety-nine failures, which take a day to make. */
  const almostClosed = async (engine: TestEngine, userId: string, kind: string) =>
    engine.ctx.store.db
      .insertInto('throttles')
      .values({ subject: userId, kind, failures: 99, last_at: engine.clock.now() - day })
      .execute();

  test('the hundredth failure closes a factor until another factor of the user opens it', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, seed, codes: spare } = await engine.addProtected('ada');
    const other = await engine.node();
    const response = async (text: unknown) =>
      answerLogin(other.ctx, { challengeToken: await engine.challenge(name, password), response: text });
    for (const [kind, wrong, right, opener] of [
      ['totp', () => engine.wrongCodeFor(seed), () => engine.codeFor(seed), () => spare[0]],
      ['recovery', () => '0000-0000-0000-0000', () => spare[1], () => engine.codeFor(seed)],
    ] as const) {
      engine.clock.tick(60_000);
      await engine.ctx.store.db.deleteFrom('throttles').execute();
      await almostClosed(engine, user.id, kind);
      assert.deepEqual(await response(wrong()), refuse('wrong'));
      for (const wait of [0, 15 * 60_000, 365 * day]) {
        engine.clock.tick(wait);
        assert.deepEqual(await response(right()), refuse('throttled', 900));
      }
      assert.equal((await response(opener())).ok, true);
      assert.equal((await response(right())).ok, true);
    }
  });

  test('a closed password is opened by an administrator, and by no guess', async () => {
    await using engine = await startEngine(database);
    const { user, name, password } = await engine.addPerson('ada');
    await almostClosed(engine, user.id, 'password');
    assert.deepEqual(await engine.logIn(name, 'a wrong guess'), refuse('wrong'));
    engine.clock.tick(365 * day);
    assert.deepEqual(await engine.logIn(name, password), refuse('throttled', 900));
    unwrap(await unlock(engine.ctx, { login: name }));
    assert.equal((await engine.logIn(name, password)).ok, true);
  });

  test('strangers who guess at a password, or at challenges, keep no second factor from working', async () => {
    await using engine = await startEngine(database);
    const { user, name, password, seed } = await engine.addProtected('ada');
    const challengeToken = await engine.challenge(name, password);
    await atOnce(64, () => engine.logIn(name, 'a wrong guess'));
    await atOnce(64, (at) =>
      answerLogin(engine.ctx, { challengeToken: `guess ${at}`, response: engine.wrongCodeFor(seed) }),
    );
    assert.deepEqual(await engine.failures(user.id), { password: 5 });
    assert.equal((await answerLogin(engine.ctx, { challengeToken, response: engine.codeFor(seed) })).ok, true);
  });
});
