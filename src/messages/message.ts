import { refuse, type Refusal, type Success } from '../base/outcome.ts';
import type { Channel } from '../factors/factor.ts';

export type { Channel };

export const channels: readonly Channel[] = ['sms', 'email'];

export type Message = {
  readonly channel: Channel;
  /** A number or an address in the form that `destinations.ts` returns. */
  readonly to: string;
  /** For e-mail. Lock screens and lists show it, so it never contains a code. */
  readonly subject?: string;
  readonly body: string;
  /** The code that the body contains, so that the outbox can show it separately. */
  readonly code?: string;
};

/** Why a message was not sent: the destination is invalid, policy forbids it, or the server or its gateway failed. */
export type MessageReason = 'invalid_destination' | 'not_allowed' | 'no_gateway' | 'gateway_failed';

/**
 * The result of a gateway. `detail` tells the operator the cause in our own words and codes, because text from a
 * gateway may repeat the destination, the message or the credentials.
 */
export type Delivery = Success<undefined> | (Refusal<MessageReason> & { readonly detail?: string });

/** Sends messages to the outside. It answers within its deadline, and a failure is a result, not an exception. */
export type Gateway = {
  /** Its kind and its host, for the log. */
  readonly name: string;
  readonly channels: readonly Channel[];
  send(message: Message): Promise<Delivery>;
  /** Closes its open connections. */
  close?(): void;
};

export function declined(reason: MessageReason, detail: string): Delivery {
  return { ...refuse(reason), detail };
}
