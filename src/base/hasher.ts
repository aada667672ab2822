import { hash } from '@node-rs/argon2';
import { availableParallelism } from 'node:os';
import { stopwatch } from './clock.ts';
import { Busy, longestWait } from './fault.ts';
import { matchesPasswordHash } from './password-hash.ts';
import { refuseInTransaction } from './transaction.ts';

/** Argon2id's costs (RFC 9106 section 3.1). */
export type HashCost = {
  /** Memory in KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
};

/** Slow hashing of passwords, off the event loop, a bounded number at a time and in wait. Throws `Busy` when both are full. */
export type Hasher = {
  readonly cost: HashCost;
  /** A PHC string with a salt of its own. */
  hash(secret: string): Promise<string>;
  /** Of hashes that other systems made too. */
  verify(phc: string, secret: string): Promise<boolean>;
  /** Throws what a hash would meet at this moment, before anything is done for it. */
  requireRoom(): void;
  /** How many hashes wait or run. */
  load(): number;
};

/** The least that OWASP and SP 800-63B-4 section 3.1.1.2 let pass as memory-hard: 19 MiB, 2 passes, 1 lane. */
export const defaultHashCost: HashCost = { memory: 19_456, passes: 2, lanes: 1 };

/** Argon2id's number in @node-rs/argon2, whose enum is ambient and so cannot be named in code that is run as it stands. */
const argon2id = 2;

export function createHasher(
  cost: HashCost = defaultHashCost,
  { running = availableParallelism(), waiting = 256, watch = stopwatch } = {},
): Hasher {
  const queue = createQueue(running, waiting, watch);
  const options = { algorithm: argon2id, memoryCost: cost.memory, timeCost: cost.passes, parallelism: cost.lanes };
  return {
    cost,
    hash: (secret) => queue.run(() => hash(secret, options)),
    verify: (phc, secret) => queue.run(() => matchesPasswordHash(phc, secret)),
    requireRoom: queue.requireRoom,
    load: queue.load,
  };
}

function createQueue(running: number, waiting: number, watch: typeof stopwatch) {
  const wakers: (() => void)[] = [];
  let active = 0;
  function requireRoom(): void {
    if (active >= running && wakers.length >= waiting) throw new Busy('password hashing');
  }
  async function run<Value>(work: () => Promise<Value>): Promise<Value> {
    refuseInTransaction('a slow hash');
    const waited = watch();
    requireRoom();
    if (active >= running) {
      // Who wakes us hands over the place, so `active` does not change here.
      await new Promise<void>((resolve) => wakers.push(resolve));
    } else {
      active += 1;
    }
    try {
      if (waited() > longestWait) throw new Busy('password hashing');
      return await work();
    } finally {
      const next = wakers.shift();
      if (next) next();
      else active -= 1;
    }
  }
  return { run, requireRoom, load: () => active + wakers.length };
}
