import type { Clock } from './clock.ts';
import type { KeyRing } from './keys.ts';
import type { Random } from './random.ts';
import { nextChange, ringAt } from './rotation.ts';
import { createSafe, type Safe } from './seal.ts';

/** The key ring of a running process, which follows key rotation. */
export type LiveRing = {
  /** The ring with the states of this moment. It is the same object until a state or key changes. */
  current(): KeyRing;
  /** Replaces the ring after its file has changed. */
  replace(ring: KeyRing): void;
};

export function createLiveRing(first: KeyRing, clock: Clock): LiveRing {
  let currentRing = ringAt(first, clock.now());
  let validUntil = nextChange(currentRing);
  const setRing = (ring: KeyRing, now: number) => {
    currentRing = ringAt(ring, now);
    validUntil = nextChange(currentRing);
  };
  return {
    current() {
      const now = clock.now();
      if (now >= validUntil) setRing(currentRing, now);
      return currentRing;
    },
    replace: (ring) => setRing(ring, clock.now()),
  };
}

/** A value derived from the current ring. It is cached and derived again only if the ring has changed. */
export function ofCurrent<Derived>(ring: LiveRing, derive: (ring: KeyRing) => Derived): () => Derived {
  let cachedRing = ring.current();
  let cached = derive(cachedRing);
  return () => {
    const current = ring.current();
    if (current !== cachedRing) [cachedRing, cached] = [current, derive(current)];
    return cached;
  };
}

/** A safe that always uses the current ring. */
export function createLiveSafe(ring: LiveRing, random: Random): Safe {
  const safe = ofCurrent(ring, (current) => createSafe(current, random));
  return {
    seal: (place, text) => safe().seal(place, text),
    open: (place, sealed) => safe().open(place, sealed),
    mac: (context, value) => safe().mac(context, value),
    macs: (context, value) => safe().macs(context, value),
    macMatches: (context, value, keyed) => safe().macMatches(context, value, keyed),
  };
}
