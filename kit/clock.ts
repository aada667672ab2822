import type { Clock } from '../src/base/clock.ts';

export type TestClock = Clock & {
  /** Lets time go on, or back, by some milliseconds. */
  tick(ms: number): void;
  /** Sets the time, in milliseconds since the Unix epoch. */
  set(ms: number): void;
};

/** A clock that stands still until it is told to move. */
export function clockAt(iso: string): TestClock {
  let time = Date.parse(iso);
  if (Number.isNaN(time)) throw new RangeError(`${iso} is no time`);
  return {
    now: () => time,
    tick: (ms) => {
      time += ms;
    },
    set: (ms) => {
      time = ms;
    },
  };
}

/** The machine's own clock, for what other programs look at too; it may be told to run ahead. */
export function runningClock(): TestClock {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    tick: (ms) => {
      ahead += ms;
    },
    set: (ms) => {
      ahead = ms - Date.now();
    },
  };
}
