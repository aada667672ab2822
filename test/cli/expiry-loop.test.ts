import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { startExpiryLoop } from '../../src/cli/expiry-loop.ts';
import { accessTokenLife } from '../../src/engine/policy/merge-policy.ts';
import { createSession } from '../../src/engine/session/create-session.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine } from '../../kit/test-engine.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

onEachDatabase('sweeping', (database) => {
  test('happens every ten minutes, says how much went, and stops when it is told to', async () => {
    await using built = await startEngine(database);
    const { ctx, clock, lines } = built;
    const user = await built.addUser({ name: 'ada' });
    const policy = { tokenLife: accessTokenLife };
    const opening = { user, epoch: user.epoch, authModule: 'password', amr: ['pwd'], secondKinds: [], policy };
    await createSession(ctx, opening);
    clock.tick(30 * day);

    mock.timers.enable({ apis: ['setInterval'] });
    const stop = startExpiryLoop(ctx);
    mock.timers.tick(10 * minute - 1);
    assert.deepEqual(lines, []);
    mock.timers.tick(1);
    while (lines.length === 0) await setImmediate();
    assert.deepEqual(lines, [{ level: 'info', fields: { rows: 1 }, message: 'expired rows deleted' }]);
    stop();
    mock.timers.tick(60 * minute);
    mock.timers.reset();
    await setImmediate();
    assert.equal(lines.length, 1);
  });

  test('that fails is logged, and goes on', async () => {
    await using built = await startEngine(database);
    const broken = { ...built.ctx, clock: { now: () => assert.fail('no time') } };
    mock.timers.enable({ apis: ['setInterval'] });
    const stop = startExpiryLoop(broken);
    for (const times of [1, 2]) {
      mock.timers.tick(10 * minute);
      while (built.lines.length < times) await setImmediate();
      // One turn of the loop more, in which a sweep says that it is done.
      await setImmediate();
    }
    stop();
    mock.timers.reset();
    assert.deepEqual(
      built.lines.map(({ level, message }) => [level, message]),
      [
        ['error', 'deleting expired rows failed'],
        ['error', 'deleting expired rows failed'],
      ],
    );
  });
});
