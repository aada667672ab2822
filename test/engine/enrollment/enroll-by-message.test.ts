import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute, second } from '../../../src/base/clock.ts';
import { confirm } from '../../../src/engine/enrollment/confirm.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine, type TestEngine } from '../../../kit/test-engine.ts';

/** Somebody who is about to enrol a number. */
async function begun(engine: TestEngine) {
  const { caller, token } = await engine.addPerson('ada');
  const input = { destination: '+12133734253' };
  const newest = () => engine.sent.at(-1)?.code ?? assert.fail('no code was sent');
  return {
    /** Asks for a code; returns the id of what it would confirm. */
    ask: async () => unwrap(await enroll(engine.ctx, caller, { kind: 'sms', label: null, input })).authenticator.id,
    enter: async (authenticatorId: string, response: string) => {
      const outcome = await confirm(engine.ctx, caller, { authenticatorId, response });
      return outcome.ok ? 'confirmed' : outcome.reason;
    },
    newest,
    token,
    wrong: () => String((Number(newest()) + 1) % 1_000_000).padStart(6, '0'),
  };
}

onEachDatabase('enrolling with a code that is sent', (on) => {
  test('a new code may be looked at five times, whatever was tried with the one before', async () => {
    await using engine = await startEngine(on);
    const { ask, enter, newest, wrong } = await begun(engine);
    const first = await ask();
    for (let look = 0; look < 4; look += 1) assert.equal(await enter(first, wrong()), 'wrong');
    engine.clock.tick(30 * second);
    const next = await ask();
    assert.equal(await enter(next, wrong()), 'wrong');
    engine.clock.tick(minute);
    assert.equal(await enter(next, newest()), 'confirmed');
  });

  test('after five looks the code is dead when the wait is over, and the next one is not', async () => {
    await using engine = await startEngine(on);
    const { ask, enter, newest, wrong } = await begun(engine);
    const first = await ask();
    for (let look = 0; look < 5; look += 1) assert.equal(await enter(first, wrong()), 'wrong');
    engine.clock.tick(30 * second);
    assert.equal(await enter(first, newest()), 'wrong');
    engine.clock.tick(minute);
    assert.equal(await enter(await ask(), newest()), 'confirmed');
  });

  test('who has a number that works enrols no second one', async () => {
    await using engine = await startEngine(on);
    const { ask, enter, newest, token } = await begun(engine);
    const before = await engine.caller(token);
    assert.equal(await enter(await ask(), newest()), 'confirmed');
    const again = { kind: 'sms', label: null, input: { destination: '+14155552671' } } as const;
    const present = { ...before, epoch: before.epoch + 1, secondFactorAt: engine.clock.now() };
    assert.deepEqual(await enroll(engine.ctx, present, again), { ok: false, reason: 'too_many' });
    assert.equal(engine.sent.length, 1);
  });

  test('an address is one destination, in whatever letters it is written', async () => {
    await using engine = await startEngine(on);
    const { caller } = await engine.addPerson('ada');
    const ask = async (destination: string) => {
      const given = { kind: 'email', label: null, input: { destination } } as const;
      const outcome = await enroll(engine.ctx, caller, given);
      return outcome.ok ? 'sent' : outcome.reason;
    };
    assert.equal(await ask('ada@example.org'), 'sent');
    for (const spelled of ['ADA@example.org', 'ada@EXAMPLE.ORG']) assert.equal(await ask(spelled), 'send_limited');
    assert.equal(engine.sent.length, 1);
  });

  test('where nothing can send, no message is counted either', async () => {
    await using engine = await startEngine(on, { gateways: [] });
    const { caller } = await engine.addPerson('ada');
    const given = { kind: 'sms', label: null, input: { destination: '+12133734253' } } as const;
    assert.deepEqual(await enroll(engine.ctx, caller, given), { ok: false, reason: 'no_gateway' });
    assert.deepEqual(await engine.ctx.store.db.selectFrom('sends').selectAll().execute(), []);
  });

  test('what one account has sent is not counted against another', async () => {
    const sending = { every: 30 * second, perDay: 10, enrollmentsPerAddress: 100, enrollmentsPerAccount: 1 };
    await using engine = await startEngine(on, { settings: { sending } });
    const account = await engine.addAccount('branch');
    const people = [
      await engine.addPerson('ada'),
      await engine.addPerson('bob'),
      await engine.addPerson('cy', { account }),
    ];
    const outcomes: string[] = [];
    for (const [at, { caller }] of people.entries()) {
      const given = { kind: 'sms', label: null, input: { destination: `+1213373425${at}` } } as const;
      const outcome = await enroll(engine.ctx, caller, given);
      outcomes.push(outcome.ok ? 'sent' : outcome.reason);
    }
    assert.deepEqual(outcomes, ['sent', 'send_limited', 'sent']);
  });
});
