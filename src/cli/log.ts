import { destination, pino, stdTimeFunctions } from 'pino';
import type { Log } from '../engine/context.ts';
import { plainError } from './plain-error.ts';
import type { LogLevel } from './settings.ts';

/** JSON lines on standard error. They are written when the system takes them, so a reader that stalls does not stall the house. */
export function createLog(level: LogLevel): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: plainError },
    },
    destination({ fd: 2, sync: false }),
  );
}
