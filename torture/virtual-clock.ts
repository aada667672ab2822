/**
 * The clock of an experiment: it runs faster than real time, so that codes, waits and lifetimes pass often. All nodes share it, and each has
 * an error of its own.
 */
export type VirtualClock = {
  /** When it started: in real time, and in virtual time. Milliseconds since the Unix epoch. */
  readonly wall: number;
  readonly epoch: number;
  readonly speed: number;
};

export const timeOf = ({ wall, epoch, speed }: VirtualClock, now: number): number =>
  Math.floor(epoch + (now - wall) * speed);

/** How far a node's clock may be off, either way, and how far one may jump back beyond that: milliseconds of virtual time. */
export const clockError = { offset: 20_000, jumpBack: 60_000 };

/** How far readings of two clocks can differ beyond the time between them. */
export const maxSkew = 2 * clockError.offset + clockError.jumpBack;
