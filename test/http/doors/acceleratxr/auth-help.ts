import assert from 'node:assert/strict';
import type { Server } from '../../../../kit/server.ts';

export const logIn = (server: Server, ...credentials: readonly [string, string]) =>
  server.call('GET', '/auth/password', { basic: credentials });
export const answerWith = (server: Server, challenge: string, token: unknown) =>
  server.call('POST', '/auth/totp', { json: { token, challenge_token: challenge } });

export async function secret(server: Server, bearer: string, json: object): Promise<string> {
  const made = await server.call('POST', '/users/me/secrets', { bearer, json });
  assert.equal(made.status, 200, made.text);
  return String((made.json as { secret?: string }).secret);
}

/** Ada, with everything that a challenge token may not tell, and an app. */
export async function adaWithApp(server: Server) {
  const ada = await server.addPerson('ada', { email: 'ada@example.org', phone: '+14155552671', firstName: 'Augusta' });
  return { ada, app: await server.addApp(ada) };
}
