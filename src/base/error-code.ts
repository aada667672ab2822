const code = /^[A-Z][A-Z0-9_]{1,63}$/;

/**
 * The first `code` in an error's chain of causes, or else its class name. The message is left out: it may contain
 * secrets.
 */
export function errorCode(error: unknown): string {
  let cause = error;
  for (let depth = 0; cause instanceof Error && depth < 5; depth += 1) {
    // Nodemailer replaces the system's code with its own and moves the system's to `originalCode`.
    const { originalCode, code: own } = cause as { originalCode?: unknown; code?: unknown };
    for (const found of [originalCode, own]) if (typeof found === 'string' && code.test(found)) return found;
    cause = cause.cause;
  }
  return error instanceof Error ? error.name : 'unknown';
}
