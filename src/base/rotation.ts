import { keyKinds, makePair, makeSymmetric, type AnyKey, type KeyKind, type KeyRing } from './keys.ts';
import type { Random } from './random.ts';

/** The ring as it stands at an instant: a key whose time has come is active, and the one before it retired. */
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

/** When a ring will next stand otherwise than it does, in milliseconds; never, where no key waits for its time. */
export function nextChange(ring: KeyRing): number {
  const waiting = keyKinds.flatMap((kind) => ring[kind].filter((key) => key.state === 'next').map(startOf));
  return Math.min(...waiting, Infinity);
}

/** The ring with one more key of each of these kinds, which are to make new values from an instant on. */
export function withNextKeys(ring: KeyRing, kinds: readonly KeyKind[], activeFrom: number, random: Random): KeyRing {
  const timed = { state: 'next' as const, active_from: new Date(activeFrom).toISOString() };
  const more = { ...ring };
  if (kinds.includes('sealing')) more.sealing = [...ring.sealing, { ...makeSymmetric(random), ...timed }];
  if (kinds.includes('mac')) more.mac = [...ring.mac, { ...makeSymmetric(random), ...timed }];
  if (kinds.includes('signing')) more.signing = [...ring.signing, { ...makePair(random), ...timed }];
  return more;
}

export function withoutKey(ring: KeyRing, kind: KeyKind, id: string): KeyRing {
  return { ...ring, [kind]: ring[kind].filter((key) => key.id !== id) };
}
