import type { Channel } from '../factor.ts';

/** Enough of a destination for its owner to know it, and too little for anybody else. */
export function hint(channel: Channel, to: string): string {
  return channel === 'sms' ? `•••${to.slice(-2)}` : `${to.slice(0, 1)}•••${to.slice(to.lastIndexOf('@'))}`;
}
