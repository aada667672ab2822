import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stopwatch, systemClock } from '../../src/base/clock.ts';
import { clockAt } from '../../kit/clock.ts';

test('the clock of the system tells milliseconds of the epoch', () => {
  const before = Date.now();
  const now = systemClock.now();
  assert.ok(before <= now && now <= Date.now());
});

test('a stopwatch counts seconds from its own start', async () => {
  const first = stopwatch();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const second = stopwatch();
  const between = first() - second();
  assert.ok(between > 0.015 && between < 15, `${between} s`);
});

test('a test clock stands still until it is moved', () => {
  const clock = clockAt('2026-01-01T00:00:00Z');
  assert.equal(clock.now(), Date.UTC(2026, 0, 1));
  clock.tick(1500);
  assert.equal(clock.now(), Date.UTC(2026, 0, 1) + 1500);
  clock.set(0);
  assert.equal(clock.now(), 0);
});
