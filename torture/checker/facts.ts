import type { Proof, Observation } from '../history.ts';

/**
 * How long after its end a request without an answer may still take effect: longer than the timeout of any statement, connection or lock.
 * Milliseconds of real time.
 */
export const settleTime = 30_000;

/** When it had taken effect at the latest, if it did. */
export const settled = ({ outcome, end }: Observation): number => (outcome === 'unknown' ? end + settleTime : end);

export const mayHave = ({ outcome }: Observation): boolean => outcome !== 'refused';
export const did = ({ outcome }: Observation): boolean => outcome === 'ok';

/** Whether one had certainly taken effect when another began. */
export const isBefore = (one: Observation, other: Observation): boolean => settled(one) < other.start;

/** Whether an operation may have taken effect after another had begun and before a third was over. */
export const mayOverlap = (one: Observation, from: Observation, to: Observation): boolean =>
  one !== from && one !== to && mayHave(one) && settled(one) >= from.start && one.start <= to.end;

/** The proof that a success used. Where no second factor was needed, one that was sent was not checked. */
export function spentIn({ op, outcome, sent, received }: Observation): Proof | undefined {
  if (outcome !== 'ok' || (op === 'grant' && received.acr !== 'aal2')) return undefined;
  return sent.proof;
}

/** Identifies the single use of a proof. */
export function keyOf(proof: Proof): string | undefined {
  if (proof.kind === 'wrong') return undefined;
  return proof.kind === 'totp' ? `totp ${proof.app} ${proof.step}` : `${proof.kind} ${proof.code}`;
}

/** Changes to a user's factors, and that the user is disabled: each ends all other sessions, and all challenges. */
const changes: readonly Observation['op'][] = ['confirm', 'remove', 'off', 'renew', 'password', 'disable'];

export const isChange = ({ op }: Observation): boolean => changes.includes(op);

/** A person's changes that certainly took effect, on a confirmed authenticator. */
export function changesIn(timeline: readonly Observation[]): readonly Observation[] {
  const confirmed = new Map(
    timeline.filter((seen) => seen.op === 'confirm' && did(seen)).map((seen) => [seen.sent.app, seen]),
  );
  return timeline.filter((seen) => {
    if (!did(seen) || !isChange(seen)) return false;
    const had = confirmed.get(seen.sent.app);
    // Removal of an authenticator that was never confirmed ends nothing.
    return seen.op !== 'remove' || (had !== undefined && isBefore(had, seen));
  });
}

/** Whether it removes an authenticator, if it took effect. */
export const removes = ({ op, sent }: Observation, app: string | undefined): boolean =>
  op === 'off' || (op === 'remove' && sent.app === app);

/** The confirmations of authenticators that were certainly enrolled during an operation. */
export function surelyHad(timeline: readonly Observation[], during: Observation): readonly Observation[] {
  return timeline.filter(
    (seen) =>
      seen.op === 'confirm' &&
      did(seen) &&
      isBefore(seen, during) &&
      !timeline.some((other) => removes(other, seen.sent.app) && mayOverlap(other, seen, during)),
  );
}

/** Whether the person may be disabled during an operation. */
export const mayBeDisabled = (timeline: readonly Observation[], during: Observation): boolean =>
  timeline.some(
    (one) =>
      one.op === 'disable' &&
      mayHave(one) &&
      one.start < during.end &&
      !timeline.some((other) => other.op === 'enable' && did(other) && isBefore(one, other) && isBefore(other, during)),
  );

/** The operation that opened each session. */
export function sessionStartsIn(timeline: readonly Observation[]): ReadonlyMap<string, Observation> {
  const sessionStarts = new Map<string, Observation>();
  for (const seen of timeline)
    if (seen.received.session !== undefined && !sessionStarts.has(seen.received.session))
      sessionStarts.set(seen.received.session, seen);
  return sessionStarts;
}
