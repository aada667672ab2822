import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { totp } from '../../src/factors/totp.ts';
import edge from '../vectors/totp-edge.json' with { type: 'json' };
import { help, verify } from './help.ts';
import { codeOf, fresh, send, sendOne, step, timeOf } from './totp-help.ts';

for (const { now, offered_step, code, expect } of edge.window) {
  const distance = offered_step - Math.floor(now / 30);
  test(`the code of step ${distance} from now is ${expect}ed at second ${now % 30} of a step`, async () => {
    assert.equal(await sendOne(fresh, code, now), expect === 'accept' ? 'accepted' : 'wrong');
  });
}

test('a code is taken from the first millisecond of its window to the last', async () => {
  const edges = [(step - 1) * 30_000 - 1, (step - 1) * 30_000, (step + 2) * 30_000 - 1, (step + 2) * 30_000];
  const verdicts = await Promise.all(edges.map((now) => verify(totp, fresh, codeOf(step), help(now))));
  assert.deepEqual(
    verdicts.map((verdict) => verdict.ok),
    [false, true, true, false],
  );
});

test('the window is one step, however long a step is', async () => {
  const state = { ...fresh, period: 120 };
  assert.equal(await sendOne(state, codeOf(1000), 1002 * 120 - 1), 'accepted');
  assert.equal(await sendOne(state, codeOf(1000), 1002 * 120), 'wrong');
});

for (const { name, submit } of edge.monotonic) {
  test(`one use: ${name}`, async () => {
    const ends = await send(
      fresh,
      submit.map(({ code, now }) => ({ reply: code, at: now })),
    );
    assert.deepEqual(
      ends.map((end) => (end === 'accepted' ? 'accept' : 'reject')),
      submit.map(({ expect }) => expect),
    );
  });
}

test('a code that was used is refused as replayed, in its own step and in the trailing one', async () => {
  const ends = await send(
    fresh,
    [0, 0, 29, 31, 59].map((later) => ({ reply: codeOf(step), at: step * 30 + later })),
  );
  assert.deepEqual(ends, ['accepted', 'replayed', 'replayed', 'replayed', 'replayed']);
});

test('older codes are refused after a newer one, and the next newer one is taken', async () => {
  const ends = await send(fresh, [
    { reply: codeOf(step + 1), at: timeOf(step) },
    { reply: codeOf(step), at: timeOf(step) },
    { reply: codeOf(step - 1), at: timeOf(step) },
    { reply: codeOf(step + 2), at: timeOf(step + 1) },
  ]);
  assert.deepEqual(ends, ['accepted', 'replayed', 'replayed', 'accepted']);
});

test('a replay in another spelling is a replay', async () => {
  const { step: counter, code } = edge.leading_zero[0] ?? assert.fail();
  const spellings = [code, Number(code), ` ${code}`, `${code.slice(0, 3)}-${code.slice(3)}`];
  const ends = await send(
    fresh,
    spellings.map((reply) => ({ reply, at: timeOf(counter) })),
  );
  assert.deepEqual(ends, ['accepted', 'replayed', 'replayed', 'replayed']);
});

// Some steps share their digits. The vectors would let the later step take them again. But whoever saw them being typed would
// get in with them, and a code works once (contract.md section 1): they are spent while the step they were typed for has time.
for (const { step_a, step_b, code } of [...edge.adjacent_equal, ...edge.equal_two_apart]) {
  for (const typed of [step_a - 1, step_a, step_a + 1]) {
    test(`${code}, a code of the steps ${step_a} and ${step_b}, works once when typed in step ${typed}`, async () => {
      const times = Array.from({ length: step_a + 2 - typed }, (_, later) => timeOf(typed + later));
      const tries = [timeOf(typed), ...times].map((at) => ({ reply: code, at }));
      const [first, ...replays] = await send(fresh, tries);
      assert.equal(first, 'accepted');
      assert.deepEqual(new Set(replays), new Set(['replayed']));
    });
  }

  test(`${code}, a code of the steps ${step_a} and ${step_b}, is spent for both when both were in the window`, async () => {
    const times = [step_b - 1, step_b, step_b + 1].map(timeOf);
    const ends = await send(
      fresh,
      times.map((at) => ({ reply: code, at })),
    );
    assert.deepEqual(ends, ['accepted', 'replayed', 'replayed']);
  });
}

test('accepted steps only grow, in whatever order codes come and times jump', async () => {
  const anyTry = fc.record({ code: fc.integer({ min: 0, max: 6 }), second: fc.integer({ min: 0, max: 6 * 30 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(anyTry, { maxLength: 20 }), async (tries) => {
      const ends = await send(
        fresh,
        tries.map(({ code, second }) => ({ reply: codeOf(step + code), at: step * 30 + second })),
      );
      const accepted = tries.filter((_, at) => ends[at] === 'accepted').map(({ code }) => code);
      assert.deepEqual(
        accepted,
        [...new Set(accepted)].toSorted((one, other) => one - other),
      );
    }),
  );
});

test('a clock that is set back keeps used what was used', async () => {
  const day = 2880;
  const ends = await send(
    fresh,
    [step, step - 3, step - day, step, step + 1].map((counter) => ({ reply: codeOf(counter), at: timeOf(counter) })),
  );
  assert.deepEqual(ends, ['accepted', 'replayed', 'replayed', 'replayed', 'accepted']);
});
