import type { Reason } from '../../engine/reasons.ts';
import type { Problem } from '../route.ts';

/** The problems of messages that are not sent. */
export const sendingReasons = {
  send_limited: {
    status: 429,
    code: 'send_limited',
    detail: 'Too many messages were sent to this destination. Use the code that was sent, or wait.',
  },
  no_gateway: {
    status: 503,
    code: 'cannot_send',
    detail: 'No gateway is configured for this kind of message. Tell the operator.',
  },
  gateway_failed: { status: 503, code: 'cannot_send', detail: 'The message could not be sent. Try again later.' },
  invalid_destination: {
    status: 400,
    code: 'invalid_destination',
    detail: 'This phone number or address cannot receive messages.',
  },
  not_allowed: {
    status: 400,
    code: 'invalid_destination',
    detail: 'Messages to this country or kind of number are not allowed.',
  },
} satisfies Partial<Record<Reason, Problem>>;
