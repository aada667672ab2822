import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Busy } from '../../src/base/fault.ts';
import { createHasher, defaultHashCost } from '../../src/base/hasher.ts';
import { cheapCost, cheapHasher } from '../../kit/hasher.ts';

test('a hash is verified by the secret it was made of and by no other', async () => {
  const hasher = cheapHasher();
  const phc = await hasher.hash('correct horse');
  assert.equal(await hasher.verify(phc, 'correct horse'), true);
  assert.equal(await hasher.verify(phc, 'correct horsf'), false);
});

test('a hash names its algorithm and its costs', async () => {
  const phc = await createHasher({ memory: 128, passes: 3, lanes: 2 }).hash('correct horse');
  assert.match(phc, /^\$argon2id\$v=19\$m=128,t=3,p=2\$/);
});

test('the default costs are no less than what OWASP asks for', () => {
  assert.ok(defaultHashCost.memory >= 19_456 && defaultHashCost.passes >= 2 && defaultHashCost.lanes >= 1);
  assert.equal(createHasher().cost, defaultHashCost);
});

test('a hash made at other costs is still verified', async () => {
  const phc = await createHasher({ memory: 128, passes: 2, lanes: 1 }).hash('correct horse');
  assert.equal(await cheapHasher().verify(phc, 'correct horse'), true);
});

test('two hashes of one secret differ', async () => {
  const hasher = cheapHasher();
  assert.notEqual(await hasher.hash('correct horse'), await hasher.hash('correct horse'));
});

test('every character counts, also after a NUL', async () => {
  const hasher = cheapHasher();
  const phc = await hasher.hash('correct\0horse');
  assert.equal(await hasher.verify(phc, 'correct\0horse'), true);
  assert.equal(await hasher.verify(phc, 'correct\0mouse'), false);
});

for (const broken of [
  '',
  'correct horse',
  '$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ',
  '$2b$10$abcdefghijklmnopqrstuv',
]) {
  test(`verifying against ${broken || 'nothing'} is a fault, not a yes`, async () => {
    await assert.rejects(cheapHasher().verify(broken, 'correct horse'));
  });
}

test('with one place to run and one to wait, the third is sent away as busy', async () => {
  const hasher = createHasher(cheapCost, { running: 1, waiting: 1 });
  const taken = [hasher.hash('one'), hasher.hash('two')];
  assert.equal(hasher.load(), 2);
  await assert.rejects(hasher.hash('three'), (error) => error instanceof Busy && error.retryAfter > 0);
  assert.equal(hasher.load(), 2);
  await Promise.all(taken);
});

test('who waits runs only when a place is free', async () => {
  const slow = await createHasher({ memory: 8192, passes: 4, lanes: 1 }).hash('one');
  const fast = await cheapHasher().hash('two');
  const ended: string[] = [];
  const hasher = createHasher(cheapCost, { running: 1, waiting: 2 });
  const note = (name: string) => () => ended.push(name);
  await Promise.all([hasher.verify(slow, 'one').then(note('slow')), hasher.verify(fast, 'two').then(note('fast'))]);
  assert.deepEqual(ended, ['slow', 'fast']);
});

test('who came first is served first', async () => {
  const hasher = createHasher(cheapCost, { running: 1, waiting: 3 });
  const ended: string[] = [];
  const names = ['one', 'two', 'three', 'four'];
  await Promise.all(names.map((name) => hasher.hash(name).then(() => ended.push(name))));
  assert.deepEqual(ended, names);
});

test('places are handed on until nobody waits', async () => {
  const hasher = createHasher(cheapCost, { running: 1, waiting: 3 });
  await Promise.all([hasher.hash('one'), hasher.hash('two'), hasher.hash('three'), hasher.hash('four')]);
  assert.equal(hasher.load(), 0);
});

test('a place that was handed on is not free for a newcomer', async () => {
  const hasher = createHasher(cheapCost, { running: 1, waiting: 1 });
  const [one, two] = [hasher.hash('one'), hasher.hash('two')];
  await one;
  const three = hasher.hash('three');
  await assert.rejects(hasher.hash('four'), Busy);
  await Promise.all([two, three]);
});

test('who has waited for more than ten seconds is sent away as busy, and the next who has not is served', async () => {
  let now = 0;
  const watch = () => {
    const began = now;
    return () => now - began;
  };
  const hasher = createHasher(cheapCost, { running: 1, waiting: 3, watch });
  const [one, two] = [hasher.hash('one'), hasher.hash('two')];
  now = 1;
  const three = hasher.hash('three');
  now = 11;
  await one;
  await assert.rejects(two, Busy);
  assert.match(await three, /^\$argon2id\$/);
  assert.equal(hasher.load(), 0);
});

test('a failing job frees its place', async () => {
  const hasher = createHasher(cheapCost, { running: 1, waiting: 1 });
  const [failing, waiting] = [hasher.verify('no hash', 'one'), hasher.hash('two')];
  await assert.rejects(failing);
  await waiting;
  assert.equal(hasher.load(), 0);
  await hasher.hash('three');
});
