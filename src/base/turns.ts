import { stopwatch } from './clock.ts';
import { Busy } from './fault.ts';

/**
 * Takes work on one key in turns inside this process, so that several honest requests of one person do not look like
 * several guesses at once. It is a courtesy: what guards the house is the database, on any number of nodes.
 */
export type Turns = <Value>(key: string, work: () => Promise<Value>) => Promise<Value>;

/**
 * Seconds after which a turn that comes is not taken any more. While a database takes no commits each turn lasts for as long as that is waited for,
 * and the last of many must not wait for all of them.
 */
const longest = 10;

/** A turn that comes too late throws `Busy`. */
export function createTurns(watch: () => () => number = stopwatch): Turns {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const waited = watch();
    const begin = () => {
      if (waited() > longest) throw new Busy('somebody');
      return work();
    };
    const turn = (last.get(key) ?? Promise.resolve()).then(begin, begin);
    last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (last.get(key) === turn) last.delete(key);
    }
  };
}
