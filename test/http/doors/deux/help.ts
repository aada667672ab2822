import assert from 'node:assert/strict';
import type { Answer, Person, Server } from '../../../../kit/server.ts';

export const phone = '+12133734253';
export const other = '+14155552671';
export const alreadyEnabled = { detail: ['Two factor authentication is already enabled.'] };
export const wrongCode = { mfa_code: ['Please enter a valid code.'] };

export function assertSays(answer: Answer, status: number, json: unknown): void {
  assert.deepEqual([answer.status, answer.json], [status, json], answer.asked);
}

/** The code of the newest message. */
export const newest = ({ sent }: Server) => sent.at(-1)?.code ?? assert.fail('no code was sent');

export const put = (server: Server, { token: bearer }: Pick<Person, 'token'>, path: string, json: unknown = {}) =>
  server.call('PUT', `/mfa/${path}`, { bearer, json });

/** Ada, with codes by text message, proven in her session. */
export async function withSms(server: Server): Promise<Person> {
  const ada = await server.addPerson('ada', { email: 'ada@example.org' });
  assert.equal((await put(server, ada, 'sms/request/', { phone_number: phone })).status, 200);
  assert.equal((await put(server, ada, 'sms/verify/', { mfa_code: newest(server) })).status, 200);
  return ada;
}

export const logIn = (server: Server, { name, password }: Pick<Person, 'name' | 'password'>, more: object = {}) =>
  server.call('POST', '/mfa/authtoken/login/', { json: { username: name, password, ...more } });
