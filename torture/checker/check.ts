import type { AttemptRow, History, Observation, Violation } from '../history.ts';
import { usedWhileDisabled } from './disabled.ts';
import { usedAfterEnd } from './ended.ts';
import { tooFewFactors, tooLittleProof } from './factors.ts';
import { lostAuthenticators, lostPasswords, lostSessions } from './durability.ts';
import { moreThanProofs, unloggedSuccesses } from './log.ts';
import { sharedGenerations } from './generations.ts';
import { tooManyGuesses } from './guesses.ts';
import { withoutRequired } from './required.ts';
import { beyondScope } from './scopes.ts';
import { answersAnother, spentTwice, stepsBack } from './spent.ts';

/** Rules about the observations of one person. */
const perPerson: readonly ((timeline: readonly Observation[], history: History) => readonly Violation[])[] = [
  tooFewFactors,
  tooLittleProof,
  tooManyGuesses,
  lostPasswords,
  lostAuthenticators,
  lostSessions,
  usedAfterEnd,
  beyondScope,
  usedWhileDisabled,
  withoutRequired,
];

/**
 * Finds broken promises from the answers that clients got and from the log of attempts, without the server's code. A request without an answer
 * may have taken effect or not, and is no violation.
 */
export function check(history: History, attempts: readonly AttemptRow[]): readonly Violation[] {
  const { seen } = history;
  const timelines = Map.groupBy(seen, ({ who }) => who);
  return [
    ...spentTwice(seen),
    ...stepsBack(seen),
    ...answersAnother(seen),
    ...sharedGenerations(seen),
    ...[...timelines.values()].flatMap((timeline) => {
      const sorted = timeline.toSorted((a, b) => a.start - b.start);
      return perPerson.flatMap((rule) => rule(sorted, history));
    }),
    ...unloggedSuccesses(seen, attempts),
    ...moreThanProofs(seen, attempts),
    ...serverErrors(seen),
  ];
}

/** A failure is temporary (503), and never an internal error (500). */
function serverErrors(seen: readonly Observation[]): readonly Violation[] {
  return seen
    .filter(({ status = 0 }) => status >= 500 && status !== 503)
    .map((one) => ({ rule: 'no fault', what: `answered ${one.status}`, seen: [one] }));
}
