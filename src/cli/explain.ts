import { SetupError } from '../base/fault.ts';
import { codeOf, plainError } from './plain-error.ts';

/** The house declined what a command asked of it. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** What to say of a command that failed, and its exit code. */
export function explain(error: unknown): { readonly text: string; readonly exitCode: 1 | 2 } {
  if (error instanceof SetupError) return { text: error.message, exitCode: 2 };
  if (error instanceof Refused) return { text: error.message, exitCode: 1 };
  const { type, message, stack = '' } = plainError(error);
  const surroundings = error instanceof Error ? whatSurrounds(error) : undefined;
  if (surroundings !== undefined) return { text: `${surroundings} said no: ${message}`, exitCode: 1 };
  return { text: `this is a fault: ${type}: ${message}\n${stack}`, exitCode: 1 };
}

/** SQLite's results (sqlite.org/rescode.html) that speak of the file and its disk: BUSY, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB. */
const ofTheFile = new Set([5, 8, 10, 11, 13, 14, 26]);

/** PostgreSQL's classes that speak of the server and of who may use it (connections, authorization, names, resources, operators, no writes), and TLS. */
const ofTheServer = /^(08|28|3D|53|57)[0-9A-Z]{3}$|^42501$|^25006$|CERT/;

/** What pg says without a code: no answer, no TLS, no password. */
const sayings = /^Connection terminated|^timeout exceeded|^Query read timeout|\bSSL\b|^SASL/;

/** Which part of the surroundings a failure speaks of: then it is no fault of ours, and a stack would help nobody. */
function whatSurrounds(error: Error): string | undefined {
  const code = codeOf(error);
  if (code === undefined) return sayings.test(error.message) ? 'the database' : undefined;
  // The lower byte is the result, the others its variety.
  if ('errcode' in error) return ofTheFile.has(Number(error.errcode) & 0xff) ? 'the database' : undefined;
  if (ofTheServer.test(code)) return 'the database';
  if (!/^E(?!RR_)[A-Z0-9_]+$/.test(code)) return undefined;
  // What the system says of files begins with the code; what it says of connections does not, and the only one is the database's.
  return error.message.startsWith(`${code}:`) ? 'the system' : 'the database';
}
