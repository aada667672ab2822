/** Counts that stand under a keyed hash go on under the old one: who rotates keys gives nobody more guesses or messages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { startEngine, type TestEngine } from '../../../kit/test-engine.ts';
import { rotated } from './key-scene.ts';

onEachDatabase('while keys rotate', (database) => {
  test('a name that nobody has waits as long as one that somebody has', async () => {
    await using engine = await startEngine(database);
    await engine.addUser({ name: 'ada', password: 'the password of ada' });
    const said = async (at: TestEngine, name: string) => {
      const outcome = await at.logIn(name, 'a wrong guess');
      return outcome.ok ? 'in' : [outcome.reason === 'throttled', outcome.retryAfter];
    };
    for (let guess = 0; guess < 5; guess += 1) for (const name of ['ada', 'nobody']) await said(engine, name);
    const node = await engine.node({ ring: rotated(engine.ring, engine.clock.now()) });
    const [ada, nobody] = [await said(node, 'ada'), await said(node, 'nobody')];
    assert.deepEqual(nobody, [true, 30]);
    assert.deepEqual(ada, nobody);
  });

  test('a destination gets no second share of messages', async () => {
    await using engine = await startEngine(database);
    const { caller, token } = await engine.addPerson('ada');
    const input = { destination: '+12025550123' };
    const given = { kind: 'sms', label: null, input } as const;
    assert.equal((await enroll(engine.ctx, caller, given)).ok, true);
    const node = await engine.node({ ring: rotated(engine.ring, engine.clock.now()) });
    const again = await enroll(node.ctx, await engine.caller(token), given);
    assert.equal(again.ok ? 'sent' : again.reason, 'send_limited');
    engine.clock.tick(30_000);
    assert.equal((await enroll(node.ctx, await engine.caller(token), given)).ok, true);
    const rows = await engine.ctx.store.db
      .selectFrom('sends')
      .select('in_day')
      .where('destination', 'like', 'enrollment.sms:%')
      .execute();
    // Of the destination, and of ada at the destination.
    assert.deepEqual(rows, [{ in_day: 2 }, { in_day: 2 }]);
  });
});
