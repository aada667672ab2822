/**
 * A code works once: of any number of simultaneous uses, over any number of challenges and nodes, exactly one wins.
 *
 * Every test runs on one node and over two. The two take nothing in turns, so that all sixteen requests are in flight
 * at once: turns are a courtesy, and what guards the server is the database.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse, type Outcome } from '../../src/base/outcome.ts';
import { answerLogin } from '../../src/engine/login/answer-login.ts';
import { confirm } from '../../src/engine/enrollment/confirm.ts';
import { enroll } from '../../src/engine/enrollment/enroll.ts';
import { recoveryState } from '../../src/factors/recovery.ts';
import { listForLogin } from '../../src/store/login-authenticators.ts';
import { onEachDatabase, type TestDatabase } from '../../kit/databases.ts';
import {
  atOnce,
  unwrap,
  startEngine,
  noTurns,
  type Enrolled,
  type TestEngine,
  type Person,
} from '../../kit/test-engine.ts';

const step = 30_000;

type Nodes = readonly TestEngine[];

const settings: Readonly<Record<string, (engine: TestEngine) => Promise<Nodes>>> = {
  'on one node': async (engine) => [engine],
  'over two nodes': async (engine) => [await engine.node({ turns: noTurns }), await engine.node({ turns: noTurns })],
};

function everywhere(
  database: TestDatabase,
  promise: string,
  keep: (engine: TestEngine, nodes: Nodes) => Promise<void>,
): void {
  for (const [where, open] of Object.entries(settings)) {
    test(`${promise}, ${where}`, async () => {
      await using engine = await startEngine(database);
      await keep(engine, await open(engine));
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

async function challenges(engine: TestEngine, { name, password }: Person, count: number): Promise<string[]> {
  const tokens: string[] = [];
  for (let at = 0; at < count; at += 1) tokens.push(await engine.challenge(name, password));
  return tokens;
}

const sessionsOf = async (engine: TestEngine, { user }: Person) =>
  (await engine.ctx.store.db.selectFrom('sessions').select('id').where('user_id', '=', user.id).execute()).length;

/** Sixteen uses of one code: one opens a session, and no later use does. */
async function once(
  engine: TestEngine,
  nodes: Nodes,
  person: Person & Enrolled,
  response: string,
  tokens: readonly string[],
) {
  const before = await sessionsOf(engine, person);
  const outcomes = await send(
    nodes,
    tokens.map((challengeToken) => ({ challengeToken, response })),
  );
  assert.equal(won(outcomes), 1);
  lostHonestly(outcomes);
  assert.equal(await sessionsOf(engine, person), before + 1);
  const successes = (
    await engine.ctx.store.db.selectFrom('attempts').select('action').where('outcome', '=', 'success').execute()
  ).filter(({ action }) => action === 'answer');
  assert.equal(successes.length, 1);
  const [challengeToken = ''] = await challenges(engine, person, 1);
  assert.equal((await answerLogin(engine.ctx, { challengeToken, response })).ok, false);
}

/** How many recovery codes somebody has left. */
async function left(engine: TestEngine, { user }: Person): Promise<number> {
  const all = await listForLogin(engine.ctx.store, user.id);
  const codes = all.find(({ kind }) => kind === 'recovery') ?? assert.fail();
  return recoveryState.parse(codes.state).codes.length;
}

onEachDatabase('a code works once', (database) => {
  everywhere(database, 'of an authenticator app, over one challenge', async (engine, nodes) => {
    const ada = await engine.addProtected('ada');
    const [token = ''] = await challenges(engine, ada, 1);
    await once(engine, nodes, ada, engine.codeFor(ada.seed), sixteen(token));
  });

  everywhere(database, 'of an authenticator app, over sixteen challenges', async (engine, nodes) => {
    const ada = await engine.addProtected('ada');
    await once(engine, nodes, ada, engine.codeFor(ada.seed), await challenges(engine, ada, 16));
  });

  everywhere(database, 'of the recovery codes, over one challenge', async (engine, nodes) => {
    const ada = await engine.addProtected('ada');
    const [token = ''] = await challenges(engine, ada, 1);
    await once(engine, nodes, ada, ada.codes[0] ?? '', sixteen(token));
    assert.equal(await left(engine, ada), 9);
  });

  everywhere(database, 'of the recovery codes, over sixteen challenges', async (engine, nodes) => {
    const ada = await engine.addProtected('ada');
    await once(engine, nodes, ada, ada.codes[0] ?? '', await challenges(engine, ada, 16));
    assert.equal(await left(engine, ada), 9);
  });

  everywhere(database, 'and a challenge too, whatever right codes answer it', async (engine, nodes) => {
    const ada = await engine.addProtected('ada');
    const [challengeToken = ''] = await challenges(engine, ada, 1);
    const replies = [engine.codeFor(ada.seed), ...ada.codes.slice(0, 3)];
    const outcomes = await send(
      nodes,
      replies.map((response) => ({ challengeToken, response })),
    );
    assert.equal(won(outcomes), 1);
    // Who lost the challenge has lost no code.
    engine.clock.tick(step / 2);
    for (const [at, response] of replies.entries()) {
      const [fresh = ''] = await challenges(engine, ada, 1);
      assert.equal(
        (await answerLogin(engine.ctx, { challengeToken: fresh, response })).ok,
        !outcomes[at]?.ok,
        response,
      );
    }
    assert.equal(await left(engine, ada), 7);
  });

  everywhere(
    database,
    'also when different recovery codes are used at once: none comes back',
    async (engine, nodes) => {
      const ada = await engine.addProtected('ada');
      const tokens = await challenges(engine, ada, 4);
      const outcomes = await send(
        nodes,
        tokens.map((challengeToken, at) => ({ challengeToken, response: ada.codes[at] })),
      );
      assert.ok(won(outcomes) >= 1);
      lostHonestly(outcomes);
      assert.equal(await left(engine, ada), 10 - won(outcomes));
      for (const [at, outcome] of outcomes.entries()) {
        const [challengeToken = ''] = await challenges(engine, ada, 1);
        const again = await answerLogin(engine.ctx, { challengeToken, response: ada.codes[at] });
        assert.equal(again.ok, !outcome.ok);
      }
      assert.equal(await left(engine, ada), 6);
    },
  );

  everywhere(database, 'at an enrolment, which spends it for every login', async (engine, nodes) => {
    const { name, password, user, caller } = await engine.addPerson('ada');
    const { authenticator, offer } = unwrap(await enroll(engine.ctx, caller, { kind: 'totp', label: null, input: {} }));
    const response = engine.codeFor(String(offer.secret));
    const confirmed = await atOnce(16, (at) =>
      confirm((nodes[at % nodes.length] ?? engine).ctx, caller, { authenticatorId: authenticator.id, response }),
    );
    assert.equal(won(confirmed), 1);
    const kinds = (await listForLogin(engine.ctx.store, user.id)).map(({ kind }) => kind);
    assert.deepEqual(kinds.toSorted(), ['password', 'recovery', 'totp']);
    const tokens = await Promise.all(sixteen('').map(() => engine.challenge(name, password)));
    const outcomes = await send(
      nodes,
      tokens.map((challengeToken) => ({ challengeToken, response })),
    );
    assert.equal(won(outcomes), 0);
    engine.clock.tick(step);
    const challengeToken = await engine.challenge(name, password);
    const next = await answerLogin(engine.ctx, { challengeToken, response: engine.codeFor(String(offer.secret)) });
    assert.equal(next.ok, true);
  });

  everywhere(database, 'and not at a login while its enrolment is being confirmed', async (engine, nodes) => {
    const ada = await engine.addProtected('ada');
    const { authenticator, offer } = unwrap(
      await enroll(engine.ctx, ada.caller, { kind: 'totp', label: null, input: {} }),
    );
    const response = engine.codeFor(String(offer.secret));
    const [challengeToken = ''] = await challenges(engine, ada, 1);
    const [one, other] = [nodes[0] ?? engine, nodes.at(-1) ?? engine];
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
    await using engine = await startEngine(database);
    const ada = await engine.addProtected('ada');
    const code = engine.codeFor(ada.seed);
    await engine.signIn(ada.name, ada.password, code);
    for (const back of [30_000, 60_000, 86_400_000]) {
      engine.clock.tick(-back);
      const [challengeToken = ''] = await challenges(engine, ada, 1);
      for (const response of [code, engine.codeFor(ada.seed)]) {
        const again = await answerLogin(engine.ctx, { challengeToken, response });
        assert.equal(again.ok, false);
      }
      await engine.ctx.store.db.deleteFrom('throttles').execute();
      engine.clock.tick(back);
    }
    assert.deepEqual(
      await answerLogin(engine.ctx, { challengeToken: await engine.challenge(ada.name, ada.password), response: code }),
      refuse('replayed'),
    );
  });
});
