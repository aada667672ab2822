const code = /^[A-Z][A-Z0-9_]{1,63}$/;

/** All that may be told of an error: its first code along its causes, or else its class. Its text may repeat what was sent. */
export function errorCode(error: unknown): string {
  let cause = error;
  for (let depth = 0; cause instanceof Error && depth < 5; depth += 1) {
    // Nodemailer puts a code of its own over the system's and keeps that one beside it.
    const { originalCode, code: own } = cause as { originalCode?: unknown; code?: unknown };
    for (const found of [originalCode, own]) if (typeof found === 'string' && code.test(found)) return found;
    cause = cause.cause;
  }
  return error instanceof Error ? error.name : 'unknown';
}
