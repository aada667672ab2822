import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { startKeyRingLoop } from '../../src/cli/keys/reading.ts';

const second = 1000;

test('the key ring is read each second, by one at a time, until that is stopped', async () => {
  const reads: PromiseWithResolvers<void>[] = [];
  mock.timers.enable({ apis: ['setInterval'] });
  const stop = startKeyRingLoop({
    rereadKeys() {
      const read = Promise.withResolvers<void>();
      reads.push(read);
      return read.promise;
    },
  });
  mock.timers.tick(second - 1);
  assert.equal(reads.length, 0);
  mock.timers.tick(1);
  mock.timers.tick(2 * second);
  assert.equal(reads.length, 1);
  reads[0]?.resolve();
  await setImmediate();
  mock.timers.tick(second);
  assert.equal(reads.length, 2);
  reads[1]?.resolve();
  await setImmediate();
  stop();
  mock.timers.tick(10 * second);
  mock.timers.reset();
  assert.equal(reads.length, 2);
});
