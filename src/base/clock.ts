/** The source of the current time. A request reads it once and passes the number on. */
export type Clock = {
  /** Milliseconds since the Unix epoch. */
  now(): number;
};

export const systemClock: Clock = { now: () => Date.now() };

/**
 * Measures elapsed seconds with the monotonic clock. For metrics and queue limits: an operation's rules use `Clock`.
 */
export function stopwatch(): () => number {
  const began = performance.now();
  return () => (performance.now() - began) / 1000;
}

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;
