import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from './fuzz.ts';

test('5,000 requests to every route, right and wrong, meet no fault and tell nothing', async () => {
  const { requests, granted, routes, statuses } = await fuzz(5000, 42);
  assert.equal(requests, 5000);
  // Requests that are all refused at the threshold would prove little.
  assert.ok(granted > routes / 2, `${granted} of ${routes} routes granted something: ${JSON.stringify(statuses)}`);
});
