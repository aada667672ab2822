import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Busy } from '../../src/base/fault.ts';
import { createTurns } from '../../src/base/turns.ts';

/** Lets everything run that can. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Work that notes its start and goes on when it is told to. */
function work(log: string[], name: string) {
  const gate = Promise.withResolvers<string>();
  const run = async () => {
    log.push(name);
    return gate.promise;
  };
  return { run, end: () => gate.resolve(name), fail: () => gate.reject(new Error(name)) };
}

test('work on one key is done in the order in which it came', async () => {
  const turns = createTurns();
  const log: string[] = [];
  const [one, two, three] = [work(log, 'one'), work(log, 'two'), work(log, 'three')];
  const all = Promise.all([turns('key', one.run), turns('key', two.run), turns('key', three.run)]);
  await settle();
  assert.deepEqual(log, ['one']);
  one.end();
  await settle();
  assert.deepEqual(log, ['one', 'two']);
  two.end();
  three.end();
  assert.deepEqual(await all, ['one', 'two', 'three']);
});

test('work on other keys does not wait', async () => {
  const turns = createTurns();
  const log: string[] = [];
  const [one, other] = [work(log, 'one'), work(log, 'other')];
  const first = turns('a', one.run);
  other.end();
  assert.equal(await turns('b', other.run), 'other');
  one.end();
  assert.equal(await first, 'one');
});

test('a turn that fails tells its own caller and does not block the next', async () => {
  const turns = createTurns();
  const log: string[] = [];
  const [one, two] = [work(log, 'one'), work(log, 'two')];
  const [failing, next] = [turns('key', one.run), turns('key', two.run)];
  one.fail();
  two.end();
  await assert.rejects(failing, new Error('one'));
  assert.equal(await next, 'two');
});

test('a turn that comes after more than ten seconds is not taken, and those that waited for less are', async () => {
  let now = 0;
  const watch = () => {
    const began = now;
    return () => now - began;
  };
  const turns = createTurns({ watch });
  const log: string[] = [];
  const [one, two, three] = [work(log, 'one'), work(log, 'two'), work(log, 'three')];
  const first = turns('key', one.run);
  const second = turns('key', two.run);
  await settle();
  now = 1;
  const third = turns('key', three.run);
  now = 11;
  one.end();
  three.end();
  assert.equal(await first, 'one');
  await assert.rejects(second, Busy);
  assert.equal(await third, 'three');
  assert.deepEqual(log, ['one', 'three']);
});

test('who comes while the last turn ends still waits for it', async () => {
  const turns = createTurns();
  const log: string[] = [];
  const [one, two, three] = [work(log, 'one'), work(log, 'two'), work(log, 'three')];
  const first = turns('key', one.run);
  const second = turns('key', two.run);
  one.end();
  await first;
  const third = turns('key', three.run);
  await settle();
  assert.deepEqual(log, ['one', 'two']);
  two.end();
  three.end();
  await Promise.all([second, third]);
});

test('when as many wait as may, who would have to wait is sent away as busy, and nobody else is', async () => {
  const turns = createTurns({ most: 2 });
  const log: string[] = [];
  const [held, one, two] = [work(log, 'held'), work(log, 'one'), work(log, 'two')];
  const taken = [turns('a', held.run), turns('a', one.run), turns('b', held.run), turns('b', two.run)];
  for (const key of ['a', 'b']) {
    await assert.rejects(
      turns(key, async () => log.push('one too many')),
      (error) => error instanceof Busy && error.retryAfter > 0,
    );
  }
  assert.equal(await turns('c', async () => 'at once'), 'at once');
  held.end();
  await settle();
  assert.deepEqual(log, ['held', 'held', 'one', 'two']);
  const again = turns('a', async () => 'in the place that one left');
  one.end();
  two.end();
  assert.equal(await again, 'in the place that one left');
  assert.deepEqual(await Promise.all(taken), ['held', 'one', 'held', 'two']);
});

test('who fails in a turn leaves the place too', async () => {
  const turns = createTurns({ most: 1 });
  const log: string[] = [];
  const [held, one] = [work(log, 'held'), work(log, 'one')];
  const taken = [turns('a', held.run), turns('a', one.run)];
  held.fail();
  one.fail();
  assert.deepEqual(
    (await Promise.allSettled(taken)).map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  const last = work(log, 'last');
  const both = Promise.all([turns('a', last.run), turns('a', async () => 'waits')]);
  last.end();
  assert.deepEqual(await both, ['last', 'waits']);
});

test('a key is forgotten when its turns are over', async () => {
  const turns = createTurns();
  // A map that kept the turns would keep what they gave.
  const given = await Promise.all(
    Array.from({ length: 100 }, async (_, at) => {
      await turns(`key ${at % 50}`, () => Promise.reject(new Error())).catch(() => {});
      return new WeakRef(await turns(`key ${at % 50}`, async () => ({ at })));
    }),
  );
  await settle();
  collectGarbage();
  assert.equal(given.filter((value) => value.deref()).length, 0);
  // The turns themselves are still there to keep something.
  assert.equal(await turns('key 1', async () => 'again'), 'again');
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
}
