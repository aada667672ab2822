import type { Observation, Violation } from '../history.ts';
import { did, mayHave } from './facts.ts';

const rule = 'I9 required factors stay';

/** I9: whose account requires an app gets no session without one, and keeps at least one. */
export function withoutRequired(timeline: readonly Observation[]): readonly Violation[] {
  const made = timeline.find(({ op, sent }) => op === 'register' && sent.requiresApp === true);
  if (!made) return [];
  return timeline.filter(did).flatMap((seen): Violation[] => {
    const { op, received } = seen;
    if (received.session !== undefined && received.acr === 'aal1') {
      return [{ rule, what: 'a session without the required factor', seen: [made, seen] }];
    }
    if (op === 'off') return [{ rule, what: 'the required factor was turned off', seen: [made, seen] }];
    if (op !== 'remove' || mayHaveApp(timeline, seen)) return [];
    return [{ rule, what: 'the last required factor was removed', seen: [made, seen] }];
  });
}

/** Whether an app may be left after a removal. Removals at the same time count: the last one of them left none. */
function mayHaveApp(timeline: readonly Observation[], removal: Observation): boolean {
  const removed = new Set(
    timeline.filter((one) => one.op === 'remove' && did(one) && one.start <= removal.end).map(({ sent }) => sent.app),
  );
  return timeline.some(
    (one) => one.op === 'confirm' && mayHave(one) && one.start <= removal.end && !removed.has(one.sent.app),
  );
}
