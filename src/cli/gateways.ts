import { systemClock } from '../base/clock.ts';
import { SetupError } from '../base/fault.ts';
import type { Context } from '../engine/context.ts';
import { channels, type Gateway } from '../messages/message.ts';
import { createOutbox } from '../messages/outbox.ts';
import type { ServerSettings } from './settings.ts';

/** The gateways, or the outbox alone if there is one, so that a test sends nothing. */
export function gatewaysOf({ outbox, gateways }: Pick<ServerSettings, 'outbox' | 'gateways'>): readonly Gateway[] {
  if (outbox === undefined) return gateways;
  try {
    return [createOutbox({ file: outbox }, systemClock)];
  } catch (error) {
    throw error instanceof SetupError ? new SetupError(`COUNTERSIGN_OUTBOX: ${error.message}`) : error;
  }
}

/** Logs at the start which channels can send. */
export function logChannels(
  { log, messenger }: Pick<Context, 'log' | 'messenger'>,
  gateways: readonly Gateway[],
): void {
  const usable = messenger.channels();
  log.info({ channels: usable, gateways: gateways.map(({ name }) => name) }, 'messages are sent on these channels');
  const unusable = channels.filter((channel) => !usable.includes(channel));
  if (unusable.length === 0) return;
  log.warn(
    { channels: unusable },
    'no gateway sends on these channels: set COUNTERSIGN_GATEWAYS, or COUNTERSIGN_OUTBOX for a test',
  );
}
