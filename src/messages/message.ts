import { refuse, type Refusal, type Success } from '../base/outcome.ts';
import type { Channel } from '../factors/factor.ts';

export type { Channel };

export const channels: readonly Channel[] = ['sms', 'email'];

export type Message = {
  readonly channel: Channel;
  /** A number or an address in the form in which `destinations.ts` gives them. */
  readonly to: string;
  /** For e-mail. It is shown on locked screens and in lists, so it never holds a code. */
  readonly subject?: string;
  readonly body: string;
  /** The code that the body carries, so that the outbox can show it by itself. */
  readonly code?: string;
};

/** Why a message did not leave: the destination is no good, or policy forbids it, or the fault is ours. */
export type MessageReason = 'invalid_destination' | 'not_allowed' | 'no_gateway' | 'gateway_failed';

/**
 * How a gateway took a message. `detail` tells the operator what went wrong, in words and codes of ours: what a gateway
 * writes may repeat the destination, the text or the credentials.
 */
export type Delivery = Success<undefined> | (Refusal<MessageReason> & { readonly detail?: string });

/** What takes a message out of the house. It answers within its deadline, and what fails in it is an answer, no exception. */
export type Gateway = {
  /** For the log: its kind and its host. */
  readonly name: string;
  readonly channels: readonly Channel[];
  send(message: Message): Promise<Delivery>;
  /** Lets go of what it keeps open. */
  close?(): void;
};

export function declined(reason: MessageReason, detail: string): Delivery {
  return { ...refuse(reason), detail };
}
