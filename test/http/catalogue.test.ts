import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer } from '../../kit/server.ts';
import { knownNames, nameOf } from './catalogue.ts';

test('the tests know every route of the table, and no other', async () => {
  await using server = await startServer();
  assert.deepEqual(server.countersign.routes.map(nameOf).toSorted(), knownNames.toSorted());
});
