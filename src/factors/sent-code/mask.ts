import type { Channel } from '../factor.ts';

/** Masks a destination, so that its owner recognizes it and others cannot learn it. */
export function mask(channel: Channel, to: string): string {
  return channel === 'sms' ? `•••${to.slice(-2)}` : `${to.slice(0, 1)}•••${to.slice(to.lastIndexOf('@'))}`;
}
