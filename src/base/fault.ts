/**
 * Seconds that a request may wait in a queue. After that its client has probably given up, and the work would be
 * wasted.
 */
export const longestWait = 10;

/** The server is too busy to do this now. Nothing was decided; the client may retry after `retryAfter` seconds. */
export class Busy extends Error {
  override readonly name = 'Busy';
  readonly retryAfter: number;

  constructor(what: string, retryAfter = 1) {
    super(`${what} is too busy`);
    this.retryAfter = retryAfter;
  }
}

/** A mistake in the configuration. Its message says what to do and is shown without a stack trace. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}
