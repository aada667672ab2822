import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, hour, second } from '../../src/base/clock.ts';
import { claimSend, claimShares, deleteExpiredSends } from '../../src/store/sends.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { atOnce, startEngine } from '../../kit/test-engine.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const limit = { every: 30 * second, most: 3 };
const free = (count: number) => ({ ok: true, count });
const wait = (retryAfter: number) => ({ ok: false, retryAfter });

onEachDatabase('claiming a message to a destination', (on) => {
  test('the first goes out, and the next after the wait, to the millisecond', async () => {
    await using engine = await startEngine(on);
    const claim = (at: number) => claimSend(engine.ctx.store, 'a', limit, at);
    assert.deepEqual(await claim(now), free(1));
    assert.deepEqual(await claim(now), wait(30));
    assert.deepEqual(await claim(now + 30 * second - 1), wait(1));
    assert.deepEqual(await claim(now + 30 * second), free(2));
    assert.deepEqual(await claim(now + 60 * second - 1), wait(1));
  });

  test('a refusal is no message: it puts nothing off', async () => {
    await using engine = await startEngine(on);
    const { store } = engine.ctx;
    await claimSend(store, 'a', limit, now);
    const rows = () => store.db.selectFrom('sends').selectAll().execute();
    const before = await rows();
    for (let ms = 0; ms < 30 * second; ms += 10 * second) await claimSend(store, 'a', limit, now + ms);
    assert.deepEqual(await rows(), before);
    assert.deepEqual(before, [{ destination: 'a', last_at: now, day_began: now, in_day: 1 }]);
  });

  test('so many a day, and a day begins with the first message after the last one’s end', async () => {
    await using engine = await startEngine(on);
    const claim = (at: number) => claimSend(engine.ctx.store, 'a', limit, at);
    for (const at of [0, 1, 2]) assert.deepEqual(await claim(now + at * hour), free(at + 1));
    assert.deepEqual(await claim(now + 3 * hour), wait((21 * hour) / second));
    assert.deepEqual(await claim(now + day - 1), wait(1));
    const next = now + day + hour;
    for (const at of [0, 1, 2]) assert.deepEqual(await claim(next + at * hour), free(at + 1));
    assert.deepEqual(await claim(next + day - 1), wait(1));
    assert.deepEqual(await claim(next + day), free(1));
  });

  test('a new day does not shorten the wait after the last message', async () => {
    await using engine = await startEngine(on);
    const claim = (at: number) => claimSend(engine.ctx.store, 'a', limit, at);
    await claim(now);
    assert.deepEqual(await claim(now + day - second), free(2));
    assert.deepEqual(await claim(now + day), wait(29));
    assert.deepEqual(await claim(now + day + 29 * second), free(1));
  });

  test('each destination is counted by itself', async () => {
    await using engine = await startEngine(on);
    for (const destination of ['a', 'b', 'A', ''])
      assert.deepEqual(await claimSend(engine.ctx.store, destination, limit, now), free(1));
  });

  test('each destination is told its own wait', async () => {
    await using engine = await startEngine(on);
    const claim = (destination: string, after: number) =>
      claimSend(engine.ctx.store, destination, limit, now + after * second);
    await claim('a', 0);
    await claim('b', 10);
    assert.deepEqual([await claim('a', 20), await claim('b', 20)], [wait(10), wait(20)]);
  });

  for (const [what, at] of [
    ['a first message', now],
    ['a message after the wait', now + 30 * second],
  ] as const) {
    test(`of sixteen at once over several nodes one claims ${what}`, async () => {
      await using engine = await startEngine(on);
      const nodes = [engine, await engine.node(), await engine.node(), await engine.node()];
      if (at > now) await claimSend(engine.ctx.store, 'a', limit, now);
      const claims = await atOnce(16, (index) =>
        claimSend((nodes[index % nodes.length] ?? engine).ctx.store, 'a', limit, at),
      );
      assert.equal(claims.filter(({ ok }) => ok).length, 1);
    });
  }

  test('without a wait the number a day is exact, however many come at once', async () => {
    await using engine = await startEngine(on);
    const nodes = [engine, await engine.node(), await engine.node()];
    const claims = await atOnce(16, (index) =>
      claimSend((nodes[index % nodes.length] ?? engine).ctx.store, 'a', { every: 0, most: 5 }, now),
    );
    assert.equal(claims.filter(({ ok }) => ok).length, 5);
  });

  test('a window may be shorter than a day', async () => {
    await using engine = await startEngine(on);
    const hourly = { every: 0, most: 2, within: hour };
    const claim = (at: number) => claimSend(engine.ctx.store, 'a', hourly, now + at);
    assert.deepEqual([await claim(0), await claim(1)], [free(1), free(2)]);
    assert.deepEqual(await claim(hour - second), wait(1));
    assert.deepEqual(await claim(hour), free(1));
  });

  test('of several shares each is claimed, in their order, until one refuses', async () => {
    await using engine = await startEngine(on);
    const { store } = engine.ctx;
    const share = (name: string, most: number) => ({ names: [name], every: 0, most });
    const shares = [share('a', 3), share('b', 1), share('c', 3)] as const;
    assert.deepEqual(await claimShares(store, shares, now), free(1));
    assert.deepEqual(await claimShares(store, shares, now), wait(day / second));
    const rows = await store.db.selectFrom('sends').select(['destination', 'in_day']).orderBy('destination').execute();
    assert.deepEqual(
      rows.map(({ destination, in_day }) => `${destination} ${in_day}`),
      ['a 2', 'b 1', 'c 1'],
    );
  });

  test('a share goes on under the name it is counted by, whichever comes first', async () => {
    await using engine = await startEngine(on);
    const { store } = engine.ctx;
    await claimSend(store, 'old', limit, now);
    assert.deepEqual(await claimShares(store, [{ names: ['new', 'old'], ...limit }], now), wait(30));
    assert.deepEqual(await claimShares(store, [{ names: ['new', 'other'], ...limit }], now), free(1));
  });

  test('what was last sent long ago is forgotten', async () => {
    await using engine = await startEngine(on);
    const { store } = engine.ctx;
    await claimSend(store, 'old', limit, now);
    await claimSend(store, 'new', limit, now + 1);
    assert.equal(await deleteExpiredSends(store, now), 1);
    assert.deepEqual(await claimSend(store, 'old', limit, now + 1), free(1));
    assert.deepEqual(await claimSend(store, 'new', limit, now + 1), wait(30));
  });
});
