import { SetupError } from '../base/fault.ts';
import { codeOf, plainError } from './plain-error.ts';

/** The command ended without success for a reason that its message explains. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** The message for a failed command, and its exit code. */
export function explain(error: unknown): { readonly text: string; readonly exitCode: 1 | 2 } {
  if (error instanceof SetupError) return { text: error.message, exitCode: 2 };
  if (error instanceof CommandFailed) return { text: error.message, exitCode: 1 };
  const { type, message, stack = '' } = plainError(error);
  const part = error instanceof Error ? failedPart(error) : undefined;
  if (part !== undefined) return { text: `${part} reported: ${message}`, exitCode: 1 };
  return { text: `internal error: ${type}: ${message}\n${stack}`, exitCode: 1 };
}

/** SQLite's result codes about the file and its disk (sqlite.org/rescode.html): BUSY, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB. */
const sqliteEnvironmentErrors = new Set([5, 8, 10, 11, 13, 14, 26]);

/** PostgreSQL's error classes about the server and access to it (connection, authorization, unknown database, resources, operator intervention, read-only), and TLS. */
const postgresEnvironmentErrors = /^(08|28|3D|53|57)[0-9A-Z]{3}$|^42501$|^25006$|CERT/;

/** Messages of pg without a code: no answer, no TLS, no password. */
const pgMessages = /^Connection terminated|^timeout exceeded|^Query read timeout|\bSSL\b|^SASL/;

/** The part of the environment that failed. Then it is not a bug, and no stack is shown. */
function failedPart(error: Error): string | undefined {
  const code = codeOf(error);
  if (code === undefined) return pgMessages.test(error.message) ? 'the database' : undefined;
  // The low byte of an extended code is its primary code.
  if ('errcode' in error) return sqliteEnvironmentErrors.has(Number(error.errcode) & 0xff) ? 'the database' : undefined;
  if (postgresEnvironmentErrors.test(code)) return 'the database';
  if (!/^E(?!RR_)[A-Z0-9_]+$/.test(code)) return undefined;
  // Messages about files begin with the code; those about connections do not, and the only connection is the database's.
  return error.message.startsWith(`${code}:`) ? 'the system' : 'the database';
}
