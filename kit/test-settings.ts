import type { Exchange } from '../src/base/exchange.ts';
import { second } from '../src/base/clock.ts';
import { success } from '../src/base/outcome.ts';
import type { Settings } from '../src/engine/context.ts';
import type { Gateway, Message } from '../src/messages/message.ts';

/** The settings of a house that nobody told anything else. */
export const quiet: Settings = {
  registration: 'closed',
  service: 'Countersign',
  host: 'house.example',
  path: '',
  region: 'US',
  codeDigits: 6,
  redirectUri: 'https://house.example/duo/callback',
  allowedHosts: [],
  sending: { every: 30 * second, perDay: 10, enrollmentsPerAddress: 100, enrollmentsPerAccount: 1000 },
};

/** A gateway that takes everything and keeps it. */
export const postbox = (sent: Message[]): Gateway => ({
  name: 'postbox',
  channels: ['sms', 'email'],
  async send(message) {
    sent.push(message);
    return success(undefined);
  },
});

/** Nothing is asked of a provider. */
export const noExchange: Exchange = () => Promise.reject(new Error('no provider was to be asked'));
