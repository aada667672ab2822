import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { startNoticeLoop } from '../../src/cli/notice-loop.ts';
import { success } from '../../src/base/outcome.ts';
import { overridePassword } from '../../src/engine/operations.ts';
import type { Delivery, Gateway, Message } from '../../src/messages/message.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { unwrap, startEngine, type TestEngine } from '../../kit/test-engine.ts';

const second = 1_000;

/** A gateway that keeps its senders waiting until it is told to take what it has. */
function slowGateway() {
  const held: { readonly message: Message; readonly take: () => void }[] = [];
  const gateway: Gateway = {
    name: 'slow',
    channels: ['email'],
    send: (message) =>
      new Promise<Delivery>((resolve) => {
        held.push({ message, take: () => resolve(success(undefined)) });
      }),
  };
  return { gateway, held };
}

async function addNotice(built: TestEngine, name: string): Promise<void> {
  await built.addUser({ name, email: `${name}@example.com`, password: `the password of ${name}` });
  unwrap(await overridePassword(built.ctx, { login: name }, `a new password of ${name}`));
}

onEachDatabase('telling', (database) => {
  test('happens every five seconds, and stops when it is told to', async () => {
    await using built = await startEngine(database);
    await addNotice(built, 'ada');
    mock.timers.enable({ apis: ['setInterval'] });
    const stop = startNoticeLoop(built.ctx);
    mock.timers.tick(5 * second - 1);
    assert.deepEqual(built.sent, []);
    mock.timers.tick(1);
    while (built.lines.length === 0) await setImmediate();
    assert.deepEqual(
      built.sent.map(({ to }) => to),
      ['ada@example.com'],
    );
    assert.deepEqual(built.lines, [{ level: 'info', fields: { notices: 1 }, message: 'notices sent' }]);
    stop();
    mock.timers.reset();
  });

  test('does not begin again while it is under way', async () => {
    const { gateway, held } = slowGateway();
    await using built = await startEngine(database, { gateways: [gateway] });
    await addNotice(built, 'ada');
    let looks = 0;
    const clock = {
      now() {
        looks += 1;
        return built.clock.now();
      },
    };
    mock.timers.enable({ apis: ['setInterval'] });
    const stop = startNoticeLoop({ ...built.ctx, clock });
    mock.timers.tick(5 * second);
    while (held.length === 0) await setImmediate();
    await addNotice(built, 'bea');
    mock.timers.tick(60 * second);
    assert.equal(looks, 1);
    held[0]?.take();
    while (built.lines.length === 0) await setImmediate();
    mock.timers.tick(5 * second);
    while (held.length < 2) await setImmediate();
    assert.equal(held[1]?.message.to, 'bea@example.com');
    held[1]?.take();
    while (built.lines.length < 2) await setImmediate();
    stop();
    mock.timers.reset();
  });

  test('that fails is logged, and goes on', async () => {
    await using built = await startEngine(database);
    const broken = { ...built.ctx, clock: { now: () => assert.fail('no time') } };
    mock.timers.enable({ apis: ['setInterval'] });
    const stop = startNoticeLoop(broken);
    for (const times of [1, 2]) {
      mock.timers.tick(5 * second);
      while (built.lines.length < times) await setImmediate();
      await setImmediate();
    }
    stop();
    mock.timers.reset();
    assert.deepEqual(
      built.lines.map(({ level, message }) => [level, message]),
      [
        ['error', 'sending notices failed'],
        ['error', 'sending notices failed'],
      ],
    );
  });
});
