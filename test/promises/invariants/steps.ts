/** What people may do, at random. `pick` chooses among whatever there is at that moment. */
import fc from 'fast-check';
import { minute, second } from '../../../src/base/clock.ts';

const pick = fc.nat({ max: 1000 });
const who = fc.constantFrom('ada', 'eve');
const node = fc.constantFrom<number>(0, 1);

const tick = fc.record({
  do: fc.constant('tick' as const),
  by: fc.constantFrom(1, second, 15 * second, 30 * second, 30 * second, minute, 5 * minute, 16 * minute, -30 * second),
});

const act = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('login' as const),
      who,
      node,
      secret: fc.constantFrom('right', 'right', 'wrong', 'key'),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      node,
      pick,
      response: fc.constantFrom(
        'now',
        'now',
        'now',
        'before',
        'after',
        'used',
        'wrong',
        'spare',
        'spare',
        'spent',
        'foreign',
      ),
      other: pick,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('enroll' as const), node, pick }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('confirm' as const), node, pick, right: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), node, pick, other: pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('renew' as const), node, pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('addKey' as const), node, pick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('setPassword' as const),
      node,
      pick,
      current: fc.constantFrom('right', 'wrong', 'none'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('logout' as const), node, pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unlock' as const), node, who }) },
);

/** Many guesses at once at whatever there is to guess at. */
const storm = fc
  .tuple(
    fc.oneof(
      fc.record({ do: fc.constant('login' as const), who, secret: fc.constant('wrong') }),
      fc.record({ do: fc.constant('answer' as const), pick, response: fc.constantFrom('wrong', 'spent'), other: pick }),
      fc.record({ do: fc.constant('confirm' as const), pick, right: fc.constant(false) }),
    ),
    fc.integer({ min: 4, max: 8 }),
  )
  .map(([guess, times]) => Array.from({ length: times }, (_, at) => ({ ...guess, node: at % 2 })));

export const script = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: tick.map((one) => [one]) },
    { weight: 7, arbitrary: act.map((one) => [one]) },
    { weight: 2, arbitrary: fc.array(act, { minLength: 2, maxLength: 5 }) },
    { weight: 1, arbitrary: storm },
  ),
  { minLength: 8, maxLength: 24 },
);

export type Act = typeof act extends fc.Arbitrary<infer One> ? One : never;
export type Step = Act | (typeof tick extends fc.Arbitrary<infer One> ? One : never);
