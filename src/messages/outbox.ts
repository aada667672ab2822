import { closeSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import { errorCode } from '../base/error-code.ts';
import { SetupError } from '../base/fault.ts';
import { success } from '../base/outcome.ts';
import { channels, declined, type Gateway } from './message.ts';
import { readSettings } from './settings.ts';

const settings = z.strictObject({ file: z.string().min(1, 'must not be empty') });

/** The file contains codes, so only its owner may read it. */
const mode = 0o600;

/** Writes messages to a file, one JSON line each, instead of sending them: for development and tests. */
export function createOutbox(given: z.input<typeof settings>, clock: Clock): Gateway {
  const { file } = readSettings(settings, given, 'outbox');
  try {
    closeSync(openSync(file, 'a', mode));
  } catch (error) {
    throw new SetupError(`the outbox ${file} cannot be written: ${errorCode(error)}`);
  }
  return {
    name: 'outbox',
    channels,
    async send({ channel, to, body, code = null }) {
      const at = new Date(clock.now()).toISOString();
      try {
        await append(file, `${JSON.stringify({ at, channel, to, body, code })}\n`);
        return success(undefined);
      } catch (error) {
        return declined('gateway_failed', errorCode(error));
      }
    },
  };
}

/** Appends with a single write, so that lines of several processes do not mix. */
async function append(file: string, line: string): Promise<void> {
  const bytes = Buffer.from(line);
  await using handle = await open(file, 'a', mode);
  const { bytesWritten } = await handle.write(bytes);
  if (bytesWritten !== bytes.length) throw new Error('the outbox is full');
}
