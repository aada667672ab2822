import type { Clock } from './clock.ts';
import type { KeyRing } from './keys.ts';
import type { Random } from './random.ts';
import { nextChange, ringAt } from './rotation.ts';
import { createSafe, type Safe } from './seal.ts';

/** The key ring of a process that goes on while keys rotate. */
export type LiveRing = {
  /** The ring as it stands now: the same object until something about it is different. */
  current(): KeyRing;
  /** Takes another ring in the place of this one, from its next use on. */
  replace(ring: KeyRing): void;
};

export function createLiveRing(first: KeyRing, clock: Clock): LiveRing {
  let standing = ringAt(first, clock.now());
  let until = nextChange(standing);
  const take = (ring: KeyRing, now: number) => {
    standing = ringAt(ring, now);
    until = nextChange(standing);
  };
  return {
    current() {
      const now = clock.now();
      if (now >= until) take(standing, now);
      return standing;
    },
    replace: (ring) => take(ring, clock.now()),
  };
}

/** What is made of the ring as it stands, made anew only when that is another. */
export function ofCurrent<Made>(ring: LiveRing, make: (ring: KeyRing) => Made): () => Made {
  let from = ring.current();
  let made = make(from);
  return () => {
    const current = ring.current();
    if (current !== from) [from, made] = [current, make(current)];
    return made;
  };
}

/** A safe that follows the ring. */
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
