import { destination, pino, stdTimeFunctions } from 'pino';
import type { Log } from '../engine/context.ts';
import { plainError } from './plain-error.ts';
import type { LogLevel } from './settings.ts';

/** JSON lines on standard error, written synchronously, so that none is lost when the process ends. */
export function createLog(level: LogLevel): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: plainError },
    },
    destination({ fd: 2, sync: true }),
  );
}
