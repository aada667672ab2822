import { errorCode } from '../base/error-code.ts';
import { refuse, success, type Outcome } from '../base/outcome.ts';
import { refuseInTransaction } from '../base/transaction.ts';
import { isDestination } from './destinations.ts';
import {
  channels,
  declined,
  type Channel,
  type Delivery,
  type Gateway,
  type Message,
  type MessageReason,
} from './message.ts';

export type Messenger = {
  /** Succeeds once a gateway has taken the message. */
  send(message: Message): Promise<Outcome<undefined, MessageReason>>;
  /** The channels that have a gateway. */
  channels(): readonly Channel[];
  close(): void;
};

/** Reports failures to the operator. */
export type MessageLog = {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
};

/** The gateways of a channel form a chain: if one fails, the next is tried. */
export function createMessenger(gateways: readonly Gateway[], log: MessageLog): Messenger {
  const chainOf = (channel: Channel) => gateways.filter((gateway) => gateway.channels.includes(channel));
  return {
    async send(message) {
      refuseInTransaction('a message');
      return sendThrough(chainOf(message.channel), message, log);
    },
    channels: () => channels.filter((channel) => chainOf(channel).length > 0),
    close: () => gateways.forEach((gateway) => gateway.close?.()),
  };
}

async function sendThrough(
  chain: readonly Gateway[],
  message: Message,
  log: MessageLog,
): Promise<Outcome<undefined, MessageReason>> {
  const { channel, to } = message;
  if (!isDestination(channel, to)) return refuse('invalid_destination');
  for (const gateway of chain) {
    const delivery = await attempt(gateway, message);
    if (delivery.ok) return success(undefined);
    const { reason, detail } = delivery;
    log.warn({ gateway: gateway.name, channel, reason, detail }, 'a gateway did not take a message');
    // An invalid number is invalid at every gateway. If one gateway may not send (the owner answered STOP, the region
    // is blocked against fraud), another gateway must not bypass that.
    if (reason !== 'gateway_failed') return refuse(reason);
  }
  if (chain.length > 0) return refuse('gateway_failed');
  log.warn({ channel, reason: 'no_gateway' }, 'there is no gateway for a message');
  return refuse('no_gateway');
}

/** An exception in a gateway is a failed delivery, so that the next gateway is tried. */
async function attempt(gateway: Gateway, message: Message): Promise<Delivery> {
  try {
    return await gateway.send(message);
  } catch (error) {
    return declined('gateway_failed', errorCode(error));
  }
}
