import type { Observation, Violation } from '../history.ts';
import { did } from './facts.ts';

const rule = 'I7 generations grow';

/** I7: each step-up and each enrollment of a session begins a generation of its own, after that of the token that made it. */
export function sharedGenerations(seen: readonly Observation[]): readonly Violation[] {
  const raised = seen.filter(
    (one) => did(one) && (one.op === 'verify' || one.op === 'confirm') && one.received.generation !== undefined,
  );
  const sharing = [...Map.groupBy(raised, ({ received }) => `${received.session} ${received.generation}`).values()]
    .filter((all) => all.length > 1)
    .map((all) => ({ rule, what: `${all.length} proofs began one generation`, seen: all }));
  const behind = raised
    .filter(({ sent, received }) => sent.session === received.session && !isAfter(sent, received))
    .map((one) => ({ rule, what: 'a proof began no later generation', seen: [one] }));
  return [...sharing, ...behind];
}

type Generation = { readonly generation?: number };

const isAfter = (before: Generation, after: Generation) => (after.generation ?? 0) > (before.generation ?? 0);
