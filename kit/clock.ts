import type { Clock } from '../src/base/clock.ts';

export type TestClock = Clock & {
  /** Moves the time by some milliseconds, which may be negative. */
  tick(ms: number): void;
  /** Sets the time, in milliseconds since the Unix epoch. */
  set(ms: number): void;
};

/** A clock that moves only when a test moves it. */
export function clockAt(iso: string): TestClock {
  let time = Date.parse(iso);
  if (Number.isNaN(time)) throw new RangeError(`not a time: ${iso}`);
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

/** The system clock with an offset, for tests with other programs. */
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
