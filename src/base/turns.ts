import { stopwatch } from './clock.ts';
import { Busy, longestWait } from './fault.ts';

/**
 * Takes work on one key in turns inside this process, so that several honest requests of one person do not look like
 * several guesses at once. It is a courtesy: what guards the house is the database, on any number of nodes. Who can't have a turn in time
 * meets `Busy`.
 */
export type Turns = <Value>(key: string, work: () => Promise<Value>) => Promise<Value>;

/** `most` is how many may wait, on all keys together: the queue for slow hashes does not see those who wait for somebody in it. */
export function createTurns({ most = 256, watch = stopwatch } = {}): Turns {
  const last = new Map<string, Promise<unknown>>();
  let waiting = 0;
  return async (key, work) => {
    const before = last.get(key);
    if (before && waiting >= most) throw new Busy('the queue for one person');
    if (before) waiting += 1;
    const waited = watch();
    const begin = () => {
      if (before) waiting -= 1;
      if (waited() > longestWait) throw new Busy('the queue for one person');
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
