import type { Exchange } from '../src/base/exchange.ts';
import { second } from '../src/base/clock.ts';
import { success } from '../src/base/outcome.ts';
import type { Settings } from '../src/engine/context.ts';
import type { Gateway, Message } from '../src/messages/message.ts';

/** The settings of a test without overrides. */
export const defaultSettings: Settings = {
  registration: 'closed',
  corsOrigins: [],
  service: 'Countersign',
  host: 'house.example',
  path: '',
  region: 'US',
  codeDigits: 6,
  redirectUri: 'https://house.example/duo/callback',
  allowedHosts: [],
  sending: { every: 30 * second, perDay: 10, enrollmentsPerAddress: 100, enrollmentsPerAccount: 1000 },
};

/** A gateway that accepts every message and records it. */
export const recordingGateway = (sent: Message[]): Gateway => ({
  name: 'recording',
  channels: ['sms', 'email'],
  async send(message) {
    sent.push(message);
    return success(undefined);
  },
});

/** For tests in which no provider is called. */
export const noExchange: Exchange = () => Promise.reject(new Error('unexpected request to a provider'));
