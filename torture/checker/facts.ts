import type { Proof, Seen } from '../history.ts';

/**
 * How long after its end something that nobody answered may still come true: longer than any statement, connection or lock is waited for.
 * Milliseconds on the wall.
 */
export const lateness = 30_000;

/** When it had happened, if it did. */
export const settled = ({ outcome, end }: Seen): number => (outcome === 'unknown' ? end + lateness : end);

export const mayHave = ({ outcome }: Seen): boolean => outcome !== 'refused';
export const did = ({ outcome }: Seen): boolean => outcome === 'ok';

/** Whether one was over for sure when another began. */
export const isBefore = (one: Seen, other: Seen): boolean => settled(one) < other.start;

/** Whether something may have happened after one thing had begun and before another was over. */
export const mayBeBetween = (one: Seen, from: Seen, to: Seen): boolean =>
  one !== from && one !== to && mayHave(one) && settled(one) >= from.start && one.start <= to.end;

/** The proof that something was answered for. Where no second factor was needed, the one that came along was not looked at. */
export function spentIn({ op, outcome, sent, got }: Seen): Proof | undefined {
  if (outcome !== 'ok' || (op === 'grant' && got.acr !== 'aal2')) return undefined;
  return sent.proof;
}

/** What works once about a proof, in a word. */
export function wordOf(proof: Proof): string | undefined {
  if (proof.kind === 'wrong') return undefined;
  return proof.kind === 'totp' ? `totp ${proof.app} ${proof.step}` : `${proof.kind} ${proof.code}`;
}

/** Changes to what a user has: each ends all sessions but its own, and all challenges. */
const changes: readonly Seen['op'][] = ['confirm', 'remove', 'off', 'renew', 'password'];

export const isChange = ({ op }: Seen): boolean => changes.includes(op);

/** The changes of a person that happened for sure, and to something that counted. */
export function changesIn(life: readonly Seen[]): readonly Seen[] {
  const confirmed = new Map(
    life.filter((seen) => seen.op === 'confirm' && did(seen)).map((seen) => [seen.sent.app, seen]),
  );
  return life.filter((seen) => {
    if (!did(seen) || !isChange(seen)) return false;
    const had = confirmed.get(seen.sent.app);
    // What was begun and never counted ends nothing when it goes.
    return seen.op !== 'remove' || (had !== undefined && isBefore(had, seen));
  });
}

/** What takes an authenticator away, if it happened. */
export const takes = ({ op, sent }: Seen, app: string | undefined): boolean =>
  op === 'off' || (op === 'remove' && sent.app === app);

/** The confirmations whose authenticators counted all the time while something went on. */
export function surelyHad(life: readonly Seen[], during: Seen): readonly Seen[] {
  return life.filter(
    (seen) =>
      seen.op === 'confirm' &&
      did(seen) &&
      isBefore(seen, during) &&
      !life.some((other) => takes(other, seen.sent.app) && mayBeBetween(other, seen, during)),
  );
}

/** What first told of each session. */
export function birthsIn(life: readonly Seen[]): ReadonlyMap<string, Seen> {
  const births = new Map<string, Seen>();
  for (const seen of life)
    if (seen.got.session !== undefined && !births.has(seen.got.session)) births.set(seen.got.session, seen);
  return births;
}
