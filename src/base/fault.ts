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
