import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import { fuzz } from './fuzz.ts';

// It takes half a minute of CPU time, which a busy machine may not give it within the usual minute.
const timeout = 5 * minute;

test('5,000 requests to every route, right and wrong, meet no fault and tell nothing', { timeout }, async () => {
  const { requests, granted, routes, statuses } = await fuzz(5000, 42);
  assert.equal(requests, 5000);
  // Requests that are all refused at the threshold would prove little.
  assert.ok(granted > routes / 2, `${granted} of ${routes} routes granted something: ${JSON.stringify(statuses)}`);
});
