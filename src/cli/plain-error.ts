export type PlainError = {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: PlainError;
};

/**
 * The members of an error that may be logged. Other members of database errors contain rows, parameters and parts of statements, so
 * they are not copied.
 */
export function plainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'the thrown value is not an error' };
  const code = codeOf(error);
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: error.constructor.name,
    message: messageOf(error, code),
    ...(code !== undefined && { code }),
    ...(frames.length > 0 && { stack: frames.join('\n') }),
    ...(error.cause !== undefined && { cause: plainError(error.cause) }),
  };
}

export function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The message without values: PostgreSQL's data exceptions (class 22) and JSON's syntax errors quote what did not fit. */
function messageOf(error: Error, code: string | undefined): string {
  if (code !== undefined && /^22[0-9A-Z]{3}$/.test(code)) return 'a value does not fit its column';
  if (error instanceof SyntaxError) return 'the text is not well-formed';
  // A name with several addresses that all refuse: the message is empty, and each error has its own.
  if (error.message === '' && error instanceof AggregateError) return error.errors.map(String).join(', ');
  return error.message;
}
