import { stopwatch } from './clock.ts';
import { Busy, longestWait } from './fault.ts';

/**
 * Runs the work of each key one at a time, so that simultaneous requests of one user do not count as simultaneous
 * guesses. It only covers this process: the limits themselves are enforced in the database. Throws `Busy` if the wait
 * is too long.
 */
export type Turns = <Value>(key: string, work: () => Promise<Value>) => Promise<Value>;

/** `most`: how many requests may wait, over all keys. The hash queue has a limit of its own. */
export function createTurns({ most = 256, watch = stopwatch } = {}): Turns {
  const last = new Map<string, Promise<unknown>>();
  let waiting = 0;
  return async (key, work) => {
    const before = last.get(key);
    if (before && waiting >= most) throw new Busy('the queue of requests per user');
    if (before) waiting += 1;
    const waited = watch();
    const begin = () => {
      if (before) waiting -= 1;
      if (waited() > longestWait) throw new Busy('the queue of requests per user');
      return work();
    };
    const turn = (before ?? Promise.resolve()).then(begin, begin);
    last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (last.get(key) === turn) last.delete(key);
    }
  };
}
