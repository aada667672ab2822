import type { Observation, Violation } from '../history.ts';
import { did } from './facts.ts';

const rule = 'I8 clients stay in their scope';

/** Operations that need the scope `mfa`. */
const managing: readonly Observation['op'][] = ['begin', 'confirm', 'remove', 'off', 'renew', 'list'];

/** I8: the session of a client does only what its grant named, and a refresh names nothing more. */
export function beyondScope(timeline: readonly Observation[]): readonly Violation[] {
  const grants = new Map(
    timeline.filter((seen) => seen.op === 'grant' && did(seen)).map((seen) => [seen.received.session, seen]),
  );
  return timeline.filter(did).flatMap((seen): Violation[] => {
    const { op, sent, received } = seen;
    const grant = grants.get(op === 'refresh' ? received.session : sent.session);
    if (!grant) return [];
    const granted = wordsOf(grant);
    if (managing.includes(op) && !granted.includes('mfa')) {
      return [{ rule, what: `${op} without the scope mfa`, seen: [grant, seen] }];
    }
    const more = op === 'refresh' && wordsOf(seen).find((word) => !granted.includes(word));
    return typeof more === 'string' ? [{ rule, what: `a refresh granted ${more}`, seen: [grant, seen] }] : [];
  });
}

const wordsOf = ({ received: { scope = '' } }: Observation) => scope.split(' ').filter((word) => word !== '');
