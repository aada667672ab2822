import type { Message } from '../../src/messages/message.ts';
import type { MessageLog } from '../../src/messages/messenger.ts';

export const sms: Message = {
  channel: 'sms',
  to: '+12133734253',
  body: '731904 is your code for Countersign.\n\n@login.example.com #731904',
  code: '731904',
};

export const email: Message = {
  channel: 'email',
  to: 'alice@example.com',
  subject: 'Your code for Countersign',
  body: 'This is the code:\n\n731904\n\nNever give it to anybody.',
  code: '731904',
};

export type Line = { readonly fields: Readonly<Record<string, unknown>>; readonly message: string };

/** A log that keeps what it is told. */
export function recordingLog(): MessageLog & { readonly lines: Line[] } {
  const lines: Line[] = [];
  return { lines, warn: (fields, message) => void lines.push({ fields, message }) };
}
