import type { AttemptRow, History, Seen, Violation } from '../history.ts';
import { takenAfterItsEnd } from './ended.ts';
import { tooFewFactors, tooLittleProof } from './factors.ts';
import { lostAuthenticators, lostPasswords, lostSessions } from './durability.ts';
import { moreThanProofs, untold } from './log.ts';
import { tooManyLooks } from './guesses.ts';
import { spentTwice, stepsBack } from './spent.ts';

/** Rules about what one person saw. */
const perPerson: readonly ((life: readonly Seen[], history: History) => readonly Violation[])[] = [
  tooFewFactors,
  tooLittleProof,
  tooManyLooks,
  lostPasswords,
  lostAuthenticators,
  lostSessions,
  takenAfterItsEnd,
];

/**
 * Says what was promised and did not hold. It knows nothing of the house's code: it goes by what people were answered, and by the log of
 * attempts. Whatever nobody answered may have happened or not, and speaks for no violation.
 */
export function check(history: History, attempts: readonly AttemptRow[]): readonly Violation[] {
  const { seen } = history;
  const lives = Map.groupBy(seen, ({ who }) => who);
  return [
    ...spentTwice(seen),
    ...stepsBack(seen),
    ...[...lives.values()].flatMap((life) => {
      const sorted = life.toSorted((a, b) => a.start - b.start);
      return perPerson.flatMap((rule) => rule(sorted, history));
    }),
    ...untold(seen, attempts),
    ...moreThanProofs(seen, attempts),
    ...broken(seen),
  ];
}

/** Whatever goes wrong is said to have gone wrong for now (503), and nothing is broken (500). */
function broken(seen: readonly Seen[]): readonly Violation[] {
  return seen
    .filter(({ status = 0 }) => status >= 500 && status !== 503)
    .map((one) => ({ rule: 'no fault', what: `answered ${one.status}`, seen: [one] }));
}
