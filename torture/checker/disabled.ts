import type { Observation, Violation } from '../history.ts';
import { did, mayHave, settled } from './facts.ts';

/** Operations that are not the person's own. */
const ofOthers: readonly Observation['op'][] = ['disable', 'enable', 'register', 'redeem'];

/** I11: for a person who is certainly disabled, no credential is valid. */
export function usedWhileDisabled(timeline: readonly Observation[]): readonly Violation[] {
  const enables = timeline.filter((seen) => seen.op === 'enable' && mayHave(seen));
  return timeline
    .filter((seen) => seen.op === 'disable' && did(seen))
    .flatMap((off) => {
      const until = Math.min(...enables.filter((one) => settled(one) >= off.start).map(({ start }) => start));
      return timeline
        .filter((seen) => did(seen) && !ofOthers.includes(seen.op) && seen.start > off.end && seen.end < until)
        .map((seen) => ({
          rule: 'I11 disabled people are refused',
          what: `${seen.op} was accepted`,
          seen: [off, seen],
        }));
    });
}
