/**
 * A code works once: of any number of simultaneous uses, over any number of challenges and nodes, exactly one wins.
 *
 * Every test runs on one node and over two. The two take nothing in turns, so that all sixteen requests are in flight
 * at once: turns are a courtesy, and what guards the house is the database.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, type Outcome } from '../../src/base/outcome.ts';
import { answerLogin } from '../../src/engine/login/answer-login.ts';
import { confirm } from '../../src/engine/enrollment/confirm.ts';
import { enroll } from '../../src/engine/enrollment/enroll.ts';
import { recoveryState } from '../../src/factors/recovery.ts';
import { listForLogin } from '../../src/store/authenticators.ts';
import { onEachDatabase, type TestDatabase } from '../../kit/databases.ts';
import { atOnce, got, house, noTurns, type Enrolled, type House, type Person } from '../../kit/house.ts';

const step = 30_000;

type Nodes = readonly House[];

const settings: Readonly<Record<string, (home: House) => Promise<Nodes>>> = {
  'on one node': async (home) => [home],
  'over two nodes': async (home) => [await home.node({ turns: noTurns }), await home.node({ turns: noTurns })],
};

function everywhere(database: TestDatabase, promise: string, keep: (home: House, nodes: Nodes) => Promise<void>): void {
  for (const [where, open] of Object.entries(settings)) {
    test(`${promise}, ${where}`, async () => {
      await using home = await house(database);
      await keep(home, await open(home));
    });
  }
}

/** Sends replies at once, the nodes in turn. */
function send(nodes: Nodes, replies: readonly { readonly challengeToken: string; readonly response: unknown }[]) {
  return atOnce(replies.length, (at) => {
    const node = nodes[at % nodes.length] ?? assert.fail();
    return answerLogin(node.ctx, replies[at] ?? assert.fail());
  });
}

const sixteen = <Value>(value: Value) => Array.from({ length: 16 }, () => value);

const won = (outcomes: readonly Outcome<unknown, string>[]) => outcomes.filter(({ ok }) => ok).length;

/** Every loser was told why, and none that a fault stood in its way. */
function lostHonestly(outcomes: readonly Outcome<unknown, string>[]): void {
  const honest = ['raced', 'replayed', 'wrong', 'throttled', 'invalid_challenge'];
  for (const outcome of outcomes) assert.ok(outcome.ok || honest.includes(outcome.reason));
}

async function challenges(home: House, { name, password }: Person, count: number): Promise<string[]> {
  const tokens: string[] = [];
  for (let at = 0; at < count; at += 1) tokens.push(await home.challenge(name, password));
  return tokens;
}

const sessionsOf = async (home: House, { user }: Person) =>
  (await home.ctx.store.db.selectFrom('sessions').select('id').where('user_id', '=', user.id).execute()).length;

/** Sixteen uses of one code: one opens a session, and no later use does. */
async function once(home: House, nodes: Nodes, person: Person & Enrolled, response: string, tokens: readonly string[]) {
  const before = await sessionsOf(home, person);
  const outcomes = await send(
    nodes,
    tokens.map((challengeToken) => ({ challengeToken, response })),
  );
  assert.equal(won(outcomes), 1);
  lostHonestly(outcomes);
  assert.equal(await sessionsOf(home, person), before + 1);
  const successes = (
    await home.ctx.store.db.selectFrom('attempts').select('action').where('outcome', '=', 'success').execute()
  ).filter(({ action }) => action === 'answer');
  assert.equal(successes.length, 1);
  const [challengeToken = ''] = await challenges(home, person, 1);
  assert.equal((await answerLogin(home.ctx, { challengeToken, response })).ok, false);
}

/** How many recovery codes somebody has left. */
async function left(home: House, { user }: Person): Promise<number> {
  const all = await listForLogin(home.ctx.store, user.id, []);
  const codes = all.find(({ kind }) => kind === 'recovery') ?? assert.fail();
  return recoveryState.parse(codes.state).codes.length;
}

onEachDatabase('a code works once', (database) => {
  everywhere(database, 'of an authenticator app, over one challenge', async (home, nodes) => {
    const ada = await home.addProtected('ada');
    const [token = ''] = await challenges(home, ada, 1);
    await once(home, nodes, ada, home.codeFor(ada.seed), sixteen(token));
  });

  everywhere(database, 'of an authenticator app, over sixteen challenges', async (home, nodes) => {
    const ada = await home.addProtected('ada');
    await once(home, nodes, ada, home.codeFor(ada.seed), await challenges(home, ada, 16));
  });

  everywhere(database, 'of the recovery codes, over one challenge', async (home, nodes) => {
    const ada = await home.addProtected('ada');
    const [token = ''] = await challenges(home, ada, 1);
    await once(home, nodes, ada, ada.codes[0] ?? '', sixteen(token));
    assert.equal(await left(home, ada), 9);
  });

  everywhere(database, 'of the recovery codes, over sixteen challenges', async (home, nodes) => {
    const ada = await home.addProtected('ada');
    await once(home, nodes, ada, ada.codes[0] ?? '', await challenges(home, ada, 16));
    assert.equal(await left(home, ada), 9);
  });

  everywhere(database, 'and a challenge too, whatever right codes answer it', async (home, nodes) => {
    const ada = await home.addProtected('ada');
    const [challengeToken = ''] = await challenges(home, ada, 1);
    const replies = [home.codeFor(ada.seed), ...ada.codes.slice(0, 3)];
    const outcomes = await send(
      nodes,
      replies.map((response) => ({ challengeToken, response })),
    );
    assert.equal(won(outcomes), 1);
    // Who lost the challenge has lost no code.
    home.clock.tick(step / 2);
    for (const [at, response] of replies.entries()) {
      const [fresh = ''] = await challenges(home, ada, 1);
      assert.equal((await answerLogin(home.ctx, { challengeToken: fresh, response })).ok, !outcomes[at]?.ok, response);
    }
    assert.equal(await left(home, ada), 7);
  });

  everywhere(database, 'also when different recovery codes are used at once: none comes back', async (home, nodes) => {
    const ada = await home.addProtected('ada');
    const tokens = await challenges(home, ada, 4);
    const outcomes = await send(
      nodes,
      tokens.map((challengeToken, at) => ({ challengeToken, response: ada.codes[at] })),
    );
    assert.ok(won(outcomes) >= 1);
    lostHonestly(outcomes);
    assert.equal(await left(home, ada), 10 - won(outcomes));
    for (const [at, outcome] of outcomes.entries()) {
      const [challengeToken = ''] = await challenges(home, ada, 1);
      const again = await answerLogin(home.ctx, { challengeToken, response: ada.codes[at] });
      assert.equal(again.ok, !outcome.ok);
    }
    assert.equal(await left(home, ada), 6);
  });

  everywhere(database, 'at an enrolment, which spends it for every login', async (home, nodes) => {
    const { name, password, user, caller } = await home.addPerson('ada');
    const { authenticator, offer } = got(await enroll(home.ctx, caller, { kind: 'totp', label: null, input: {} }));
    const response = home.codeFor(String(offer.secret));
    const confirmed = await atOnce(16, (at) =>
      confirm((nodes[at % nodes.length] ?? home).ctx, caller, { authenticatorId: authenticator.id, response }),
    );
    assert.equal(won(confirmed), 1);
    const kinds = (await listForLogin(home.ctx.store, user.id, [])).map(({ kind }) => kind);
    assert.deepEqual(kinds.toSorted(), ['password', 'recovery', 'totp']);
    const tokens = await Promise.all(sixteen('').map(() => home.challenge(name, password)));
    const outcomes = await send(
      nodes,
      tokens.map((challengeToken) => ({ challengeToken, response })),
    );
    assert.equal(won(outcomes), 0);
    home.clock.tick(step);
    const challengeToken = await home.challenge(name, password);
    const next = await answerLogin(home.ctx, { challengeToken, response: home.codeFor(String(offer.secret)) });
    assert.equal(next.ok, true);
  });

  everywhere(database, 'and not at a login while its enrolment is being confirmed', async (home, nodes) => {
    const ada = await home.addProtected('ada');
    const { authenticator, offer } = got(await enroll(home.ctx, ada.caller, { kind: 'totp', label: null, input: {} }));
    const response = home.codeFor(String(offer.secret));
    const [challengeToken = ''] = await challenges(home, ada, 1);
    const [one, other] = [nodes[0] ?? home, nodes.at(-1) ?? home];
    const both = await Promise.all([
      confirm(one.ctx, ada.caller, { authenticatorId: authenticator.id, response }),
      answerLogin(other.ctx, { challengeToken, response }),
    ]);
    assert.deepEqual(
      both.map(({ ok }) => ok),
      [true, false],
    );
  });

  test('also after the clock was set back', async () => {
    await using home = await house(database);
    const ada = await home.addProtected('ada');
    const code = home.codeFor(ada.seed);
    await home.signIn(ada.name, ada.password, code);
    for (const back of [30_000, 60_000, 86_400_000]) {
      home.clock.tick(-back);
      const [challengeToken = ''] = await challenges(home, ada, 1);
      for (const response of [code, home.codeFor(ada.seed)]) {
        const again = await answerLogin(home.ctx, { challengeToken, response });
        assert.equal(again.ok, false);
      }
      await home.ctx.store.db.deleteFrom('throttles').execute();
      home.clock.tick(back);
    }
    assert.deepEqual(
      await answerLogin(home.ctx, { challengeToken: await home.challenge(ada.name, ada.password), response: code }),
      refuse('replayed'),
    );
  });
});
