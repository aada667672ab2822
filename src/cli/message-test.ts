import { SetupError } from '../base/fault.ts';
import { readEmailAddress, readPhoneNumber } from '../messages/destinations.ts';
import type { Channel, Gateway } from '../messages/message.ts';
import { createMessenger } from '../messages/messenger.ts';
import { CommandFailed } from './explain.ts';
import { gatewaysOf } from './gateways.ts';
import { readSettings, type ServerSettings } from './settings.ts';
import { refusals } from './user/refusals.ts';

const text = {
  subject: 'A test of Countersign',
  body: 'This is a test message from Countersign. It has no code, and no action is needed.',
};

/** Sends a message through the gateways, like a code, and prints which gateway accepted it. Needs no database. */
export async function testMessage(channel: Channel, given: string): Promise<void> {
  const settings = readSettings(process.env);
  const to = destination(channel, given, settings);
  const accepting: string[] = [];
  const declined: string[] = [];
  const log = { warn: (fields: Readonly<Record<string, unknown>>) => void declined.push(reasonOf(fields)) };
  const messenger = createMessenger(
    gatewaysOf(settings).map((gateway) => recording(gateway, accepting)),
    log,
  );
  try {
    const sent = await messenger.send({
      channel,
      to,
      body: text.body,
      ...(channel === 'email' && { subject: text.subject }),
    });
    const why = declined.filter((part) => part !== '').join('; ');
    if (!sent.ok) throw new CommandFailed(`${channel}: ${failures[sent.reason]}${why && ` (${why})`}`);
    process.stdout.write(`${channel}: ${accepting.join()} accepted the message to ${to}\n${why && `before, ${why}\n`}`);
  } finally {
    messenger.close();
  }
}

const failures = {
  ...refusals,
  no_gateway: 'no gateway is configured for this channel: set COUNTERSIGN_GATEWAYS',
  gateway_failed: 'no gateway accepted the message',
};

function destination(channel: Channel, given: string, { options }: ServerSettings): string {
  const read = channel === 'sms' ? readPhoneNumber(given, options.region) : readEmailAddress(given);
  if (read.ok) return read.value;
  throw new SetupError(`${channel}: ${channel === 'sms' ? 'the number' : 'the address'} cannot receive messages`);
}

/** The same gateway; it records its name when it accepts a message. */
function recording(gateway: Gateway, accepting: string[]): Gateway {
  return {
    ...gateway,
    async send(message) {
      const delivery = await gateway.send(message);
      if (delivery.ok) accepting.push(gateway.name);
      return delivery;
    },
  };
}

function reasonOf({ gateway, reason, detail }: Readonly<Record<string, unknown>>): string {
  if (typeof gateway !== 'string') return '';
  return `${gateway} declined: ${typeof detail === 'string' ? detail : String(reason)}`;
}
