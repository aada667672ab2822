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
import { atOnce, got, house, noTurns, type House } from '../../kit/house.ts';

const settings: Readonly<Record<string, (home: House) => Promise<readonly House[]>>> = {
  'on one node': async (home) => [home],
  'over two nodes': async (home) => [await home.node({ turns: noTurns }), await home.node({ turns: noTurns })],
};

type Try = (node: House, at: number) => Promise<Outcome<unknown, string>>;

/** What there is to guess at: the wrong tries and the right one. */
type Target = { readonly wrong: Try; readonly right: Try; readonly looked?: string };

/** A code of a factor, over one challenge or over many. */
async function codes(home: House, kind: 'totp' | 'recovery', challenges: number): Promise<Target> {
  const { name, password, seed, codes: spare } = await home.addProtected('ada');
  const tokens: string[] = [];
  for (let at = 0; at < challenges; at += 1) tokens.push(await home.challenge(name, password));
  const [wrong, right] =
    kind === 'totp' ? [home.wrongCodeFor(seed), home.codeFor(seed)] : ['0000-0000-0000-0000', spare[0]];
  const send =
    (response: unknown): Try =>
    ({ ctx }, at) =>
      answerLogin(ctx, { challengeToken: tokens[at % challenges] ?? '', response });
  return { wrong: send(wrong), right: send(right) };
}

const targets: Readonly<Record<string, (home: House) => Promise<Target>>> = {
  'a password': async (home) => {
    const { name, password } = await home.addPerson('ada');
    return { wrong: (node) => node.logIn(name, 'a wrong guess'), right: (node) => node.logIn(name, password) };
  },
  'the password of somebody who does not exist': async () => ({
    wrong: (node) => node.logIn('nobody', 'a wrong guess'),
    right: (node) => node.logIn('NOBODY', 'another guess'),
    looked: 'unknown_user',
  }),
  'the present password, to set another': async (home) => {
    const { password, caller } = await home.addPerson('ada');
    const set =
      (current: string): Try =>
      ({ ctx }) =>
        setPassword(ctx, caller, { secret: 'a new password', current, label: null });
    return { wrong: set('a wrong guess'), right: set(password), looked: 'wrong_current_password' };
  },
  'a device secret': async (home) => {
    const { name, caller } = await home.addPerson('ada');
    const secret = 'the secret of a device';
    got(await enroll(home.ctx, caller, { kind: 'device', label: null, input: { secret } }));
    return { wrong: (node, at) => node.logIn(name, `a wrong guess ${at}`), right: (node) => node.logIn(name, secret) };
  },
  'the code of an app over one challenge': (home) => codes(home, 'totp', 1),
  'the code of an app over eight challenges': (home) => codes(home, 'totp', 8),
  'the recovery codes over one challenge': (home) => codes(home, 'recovery', 1),
  'the recovery codes over eight challenges': (home) => codes(home, 'recovery', 8),
  'the first code of an enrolment': async (home) => {
    const { caller } = await home.addPerson('ada');
    const { authenticator, offer } = got(await enroll(home.ctx, caller, { kind: 'totp', label: null, input: {} }));
    const seed = String(offer.secret);
    const send =
      (response: string): Try =>
      ({ ctx }) =>
        confirm(ctx, caller, { authenticatorId: authenticator.id, response });
    return { wrong: send(home.wrongCodeFor(seed)), right: send(home.codeFor(seed)) };
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
        await using home = await house(database);
        const { wrong, right, looked = 'wrong' } = await aim(home);
        const nodes = await open(home);
        const nodeOf = (at: number) => nodes[at % nodes.length] ?? home;
        const outcomes = await atOnce(64, (at) => wrong(nodeOf(at), at));
        assert.deepEqual(tally(outcomes), { [looked]: 5, throttled: 59 });
        for (const node of nodes) assert.deepEqual(await right(node, 0), refuse('throttled', 30));
        home.clock.tick(29_999);
        assert.deepEqual(await right(nodeOf(0), 0), refuse('throttled', 1));
        home.clock.tick(1);
        if (looked !== 'unknown_user') assert.equal((await right(nodeOf(1), 0)).ok, true);
      });
    }
  }

  test('when the wait is over, one more is looked at', async () => {
    await using home = await house(database);
    const { wrong } = await codes(home, 'totp', 1);
    await atOnce(64, (at) => wrong(home, at));
    const nodes = [await home.node({ turns: noTurns }), await home.node({ turns: noTurns })];
    for (const [tick, retryAfter] of [
      [30_000, 60],
      [60_000, 120],
    ] as const) {
      home.clock.tick(tick);
      assert.deepEqual(tally(await atOnce(16, (at) => wrong(nodes[at % 2] ?? home, at))), { wrong: 1, throttled: 15 });
      assert.deepEqual(await wrong(home, 0), refuse('throttled', retryAfter));
    }
  });

  test('after a restart too', async () => {
    await using home = await house(database);
    const { name, password } = await home.addPerson('ada');
    for (let time = 0; time < 5; time += 1) await home.logIn(name, 'a wrong guess');
    const { db } = openDatabase(home.database.url);
    const restarted = await home.node();
    const ctx = { ...restarted.ctx, store: { ...restarted.ctx.store, db }, turns: createTurns() };
    const again = await login(ctx, { authModule: 'password', login: name, secret: password });
    assert.deepEqual(again, refuse('throttled', 30));
    await db.destroy();
  });

  test('a right password between wrong codes resets nothing', async () => {
    await using home = await house(database);
    const { name, password, seed } = await home.addProtected('ada');
    const reasons: (string | undefined)[] = [];
    for (let time = 0; time < 8; time += 1) {
      const challengeToken = await home.challenge(name, password);
      const outcome = await answerLogin(home.ctx, { challengeToken, response: home.wrongCodeFor(seed) });
      reasons.push(outcome.ok ? undefined : outcome.reason);
    }
    assert.deepEqual(reasons, [
      ...Array.from({ length: 5 }, () => 'wrong'),
      ...Array.from({ length: 3 }, () => 'throttled'),
    ]);
  });

  test("somebody else's success resets nothing", async () => {
    await using home = await house(database);
    const [ada, eve] = [await home.addProtected('ada'), await home.addProtected('eve')];
    for (let time = 0; time < 4; time += 1) {
      const challengeToken = await home.challenge(ada.name, ada.password);
      await answerLogin(home.ctx, { challengeToken, response: home.wrongCodeFor(ada.seed) });
      assert.ok(await home.enter(eve.name, eve.password, eve.codes[time]));
    }
    assert.deepEqual(await home.failures(ada.user.id), { totp: 4 });
  });

  /** Ninety-nine failures, which take a day to make. */
  const almostClosed = async (home: House, userId: string, kind: string) =>
    home.ctx.store.db
      .insertInto('throttles')
      .values({ subject: userId, kind, failures: 99, last_at: home.clock.now() - day })
      .execute();

  test('the hundredth failure closes a factor until another factor of the user opens it', async () => {
    await using home = await house(database);
    const { user, name, password, seed, codes: spare } = await home.addProtected('ada');
    const other = await home.node();
    const response = async (text: unknown) =>
      answerLogin(other.ctx, { challengeToken: await home.challenge(name, password), response: text });
    for (const [kind, wrong, right, opener] of [
      ['totp', () => home.wrongCodeFor(seed), () => home.codeFor(seed), () => spare[0]],
      ['recovery', () => '0000-0000-0000-0000', () => spare[1], () => home.codeFor(seed)],
    ] as const) {
      home.clock.tick(60_000);
      await home.ctx.store.db.deleteFrom('throttles').execute();
      await almostClosed(home, user.id, kind);
      assert.deepEqual(await response(wrong()), refuse('wrong'));
      for (const wait of [0, 15 * 60_000, 365 * day]) {
        home.clock.tick(wait);
        assert.deepEqual(await response(right()), refuse('throttled', 900));
      }
      assert.equal((await response(opener())).ok, true);
      assert.equal((await response(right())).ok, true);
    }
  });

  test('a closed password is opened by an administrator, and by no guess', async () => {
    await using home = await house(database);
    const { user, name, password } = await home.addPerson('ada');
    await almostClosed(home, user.id, 'password');
    assert.deepEqual(await home.logIn(name, 'a wrong guess'), refuse('wrong'));
    home.clock.tick(365 * day);
    assert.deepEqual(await home.logIn(name, password), refuse('throttled', 900));
    got(await unlock(home.ctx, { login: name }));
    assert.equal((await home.logIn(name, password)).ok, true);
  });

  test('strangers who guess at a password, or at challenges, keep no second factor from working', async () => {
    await using home = await house(database);
    const { user, name, password, seed } = await home.addProtected('ada');
    const challengeToken = await home.challenge(name, password);
    await atOnce(64, () => home.logIn(name, 'a wrong guess'));
    await atOnce(64, (at) =>
      answerLogin(home.ctx, { challengeToken: `guess ${at}`, response: home.wrongCodeFor(seed) }),
    );
    assert.deepEqual(await home.failures(user.id), { password: 5 });
    assert.equal((await answerLogin(home.ctx, { challengeToken, response: home.codeFor(seed) })).ok, true);
  });
});
