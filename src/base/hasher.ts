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

/**
 * Password hashing outside the event loop. The numbers of running and waiting hashes are limited; beyond both, it
 * throws `Busy`.
 */
export type Hasher = {
  readonly cost: HashCost;
  /** Returns a PHC string with a new salt. */
  hash(secret: string): Promise<string>;
  /** Also verifies hashes that other systems made. */
  verify(phc: string, secret: string): Promise<boolean>;
  /** Throws `Busy` if the queue is full now, so that a request can be refused before it does other work. */
  requireRoom(): void;
  /** The number of hashes that run or wait. */
  load(): number;
};

/**
 * OWASP's minimum for argon2id, which is memory-hard as SP 800-63B-4 section 3.1.1.2 asks: 19 MiB, 2 passes, 1 lane.
 */
export const defaultHashCost: HashCost = { memory: 19_456, passes: 2, lanes: 1 };

/** Argon2id in @node-rs/argon2, whose ambient enum cannot be used because Node only strips types. */
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
      // The hash that finishes hands its place over, so `active` does not change here.
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
