/**
 * What holds whatever happens: random people do random things over two nodes, one after the other and several at once.
 *
 * - A code, a recovery code and a challenge work once each, and a session with two factors rests on one of them.
 * - The accepted steps of an authenticator app only grow.
 * - No more guesses are looked at than are allowed, and at the bound the right one waits as well.
 * - Nobody changes a factor with less proof than their strongest factor asks for.
 *
 * What happens alone is predicted by a small model (`invariants/predict.ts`), reason by reason, and after it the database has to look as the
 * model says. A failure prints its seed, and TEST_SEED runs it again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { enroll } from '../../src/engine/enrollment/enroll.ts';
import { onEachDatabase, type TestDatabase } from '../../kit/databases.ts';
import { unwrap, startEngine, noTurns, type TestEngine } from '../../kit/test-engine.ts';
import { remember, type Memory, type Stage } from './invariants/memory.ts';
import { look, type World } from './invariants/world.ts';
import { intend, type Intent } from './invariants/intents.ts';
import { drawn, predict } from './invariants/predict.ts';
import { perform } from './invariants/perform.ts';
import { holds } from './invariants/rules.ts';
import { script, type Step } from './invariants/steps.ts';

async function alone(stage: Stage, world: World, intent: Intent, on: TestEngine): Promise<World> {
  const model = structuredClone(world);
  const person = model[intent.name] ?? assert.fail();
  const expected = predict(person, intent, stage.engine.clock.now());
  const outcome = await perform(stage, intent, on);
  const after = await look(stage);
  assert.equal(outcome.ok ? undefined : outcome.reason, expected, JSON.stringify(intent));
  if (outcome.ok) drawn(person, after[intent.name] ?? assert.fail(), intent, stage.engine.clock.now());
  assert.deepEqual(after, model, JSON.stringify(intent));
  holds(stage, world, after, [{ intent, outcome }]);
  return after;
}

async function together(
  stage: Stage,
  world: World,
  chosen: readonly { intent: Intent; on: TestEngine }[],
): Promise<World> {
  const done = await Promise.all(
    chosen.map(async ({ intent, on }) => ({ intent, outcome: await perform(stage, intent, on) })),
  );
  const after = await look(stage);
  holds(stage, world, after, done);
  return after;
}

async function play(database: TestDatabase, batches: readonly (readonly Step[])[]): Promise<void> {
  await using engine = await startEngine(database);
  const nodes = [await engine.node({ turns: noTurns }), await engine.node({ turns: noTurns })];
  const stage = await prepare(engine, nodes);
  let world = await look(stage);
  for (const batch of batches) {
    const [only] = batch;
    if (only?.do === 'tick') {
      engine.clock.tick(only.by);
      continue;
    }
    const chosen = batch.flatMap((step) => {
      if (step.do === 'tick') return [];
      const intent = intend(stage, world, step);
      return intent ? [{ intent, on: nodes[step.node] ?? engine }] : [];
    });
    const [first] = chosen;
    if (!first) continue;
    world =
      chosen.length === 1 ? await alone(stage, world, first.intent, first.on) : await together(stage, world, chosen);
  }
}

/** Two people with a second factor and a challenge to answer, one of whom has a key. */
async function prepare(engine: TestEngine, nodes: readonly TestEngine[]): Promise<Stage> {
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
  const stage = { engine, nodes, ids, memory };
  for (const name of ['ada', 'eve']) {
    const { user, password, token, codes } = await engine.addProtected(name);
    ids[name] = user.id;
    memory.passwords[name] = [password];
    memory.codes[name] = [...codes];
    memory.keys[name] = [];
    memory.used[name] = [];
    memory.raised += 1;
    remember(stage, name, token, false);
    if (name === 'ada') {
      const made = unwrap(
        await enroll(engine.ctx, await engine.caller(token), { kind: 'apikey', label: null, input: {} }),
      );
      memory.keys[name].push(String(made.offer.secret));
    }
    memory.challenges.push({ name, token: await engine.challenge(name, password), madeAt: engine.clock.now() });
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
