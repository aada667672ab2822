import assert from 'node:assert/strict';
import { second } from '../../../../src/base/clock.ts';
import type { Person, Server } from '../../../../kit/server.ts';
import { newest, phone } from './help.ts';

export const path = '/mfa/authtoken/login/';

/** Enables a method, and waits until another message may be sent there. */
export async function enable(
  server: Server,
  { token: bearer }: Person,
  method: 'sms' | 'email',
  json: object,
): Promise<void> {
  const asked = await server.call('PUT', `/mfa/${method}/request/`, { bearer, json });
  assert.equal(asked.status, 200, asked.text);
  const code = { mfa_code: newest(server) };
  const verified = await server.call('PUT', `/mfa/${method}/verify/`, { bearer, json: code });
  assert.equal(verified.status, 200, verified.text);
  server.clock.tick(30 * second);
}

export async function withSms(server: Server): Promise<Person> {
  const ada = await server.addPerson('ada', { email: 'ada@example.org' });
  await enable(server, ada, 'sms', { phone_number: phone });
  return ada;
}
