import { keyKinds, makePair, makeSymmetric, type AnyKey, type KeyKind, type KeyRing } from './keys.ts';
import type { Random } from './random.ts';

/**
 * The ring with the states at `now`: a `next` key whose `active_from` has passed is active, and its predecessor is
 * retired.
 */
export function ringAt(ring: KeyRing, now: number): KeyRing {
  return {
    ...ring,
    sealing: keysAt(ring.sealing, now),
    mac: keysAt(ring.mac, now),
    signing: keysAt(ring.signing, now),
  };
}

function keysAt<Key extends AnyKey>(keys: readonly Key[], now: number): Key[] {
  const due = keys.find((key) => key.state === 'next' && startOf(key) <= now);
  return keys.map((key) => {
    if (due === undefined) return key;
    if (key === due) return { ...key, state: 'active' as const };
    return key.state === 'active' ? { ...key, state: 'retired' as const, retired_at: due.active_from } : key;
  });
}

const startOf = (key: AnyKey) => Date.parse(key.active_from ?? '');

/**
 * When the next key of the ring becomes active, in milliseconds since the Unix epoch; Infinity if there is no next key.
 */
export function nextChange(ring: KeyRing): number {
  const waiting = keyKinds.flatMap((kind) => ring[kind].filter((key) => key.state === 'next').map(startOf));
  return Math.min(...waiting, Infinity);
}

/** Adds a `next` key of each of these kinds, active from `activeFrom` (milliseconds since the Unix epoch). */
export function withNextKeys(ring: KeyRing, kinds: readonly KeyKind[], activeFrom: number, random: Random): KeyRing {
  const next = { state: 'next' as const, active_from: new Date(activeFrom).toISOString() };
  const extended = { ...ring };
  if (kinds.includes('sealing')) extended.sealing = [...ring.sealing, { ...makeSymmetric(random), ...next }];
  if (kinds.includes('mac')) extended.mac = [...ring.mac, { ...makeSymmetric(random), ...next }];
  if (kinds.includes('signing')) extended.signing = [...ring.signing, { ...makePair(random), ...next }];
  return extended;
}

export function withoutKey(ring: KeyRing, kind: KeyKind, id: string): KeyRing {
  return { ...ring, [kind]: ring[kind].filter((key) => key.id !== id) };
}
