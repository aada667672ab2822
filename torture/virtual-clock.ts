/**
 * The time of an experiment: it goes faster than that of the wall, so that codes, waits and lives come round often. All nodes share it, and
 * each is wrong about it in a way of its own.
 */
export type Course = {
  /** Where it began: on the wall, and in the servers' time. Milliseconds since the Unix epoch. */
  readonly wall: number;
  readonly epoch: number;
  readonly speed: number;
};

export const timeOf = ({ wall, epoch, speed }: Course, now: number): number => Math.floor(epoch + (now - wall) * speed);

/** How far a node's clock may be off, either way, and how far one may jump back beyond that: milliseconds of the servers' time. */
export const farthest = { off: 20_000, back: 60_000 };

/** How far two readings of two clocks can be apart beyond the time between them. */
export const spread = 2 * farthest.off + farthest.back;
