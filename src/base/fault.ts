/** Seconds for which anybody waits in a queue: who comes to its head later has given up by then, and others need the place. */
export const longestWait = 10;

/** The house is too busy to do this now: nothing was decided, and trying again after some seconds makes sense. */
export class Busy extends Error {
  override readonly name = 'Busy';
  readonly retryAfter: number;

  constructor(what: string, retryAfter = 1) {
    super(`${what} is too busy`);
    this.retryAfter = retryAfter;
  }
}

/** A person's mistake in setting the house up. Its message says what to do and is shown without a stack. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}
