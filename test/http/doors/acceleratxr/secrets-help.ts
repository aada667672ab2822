import assert from 'node:assert/strict';
import type { Answer, Person, Server } from '../../../../kit/server.ts';

type Secret = Readonly<Record<string, unknown>> & {
  readonly uid: string;
  readonly type: string;
  readonly enrolled: boolean;
};

export const secrets = '/users/me/secrets';
export const secret = ({ json }: Answer) => json as Secret;
export const codesOf = ({ json }: Answer) => (json as { codes: string[] }).codes;

export const make = (server: Server, { token }: Pick<Person, 'token'>, json: object) =>
  server.call('POST', secrets, { bearer: token, json });
export const list = async (server: Server, bearer: string, uid = 'me') =>
  (await server.call('GET', `/users/${uid}/secrets`, { bearer })).json as Secret[];
export const works = async (server: Server, bearer: string) =>
  (await server.call('GET', '/users/me', { bearer })).status === 200;

type Pending = { readonly uid: string; readonly seed: string };

export async function newApp(server: Server, person: Pick<Person, 'token'>): Promise<Pending> {
  const made = await make(server, person, { type: 'mfa' });
  assert.equal(made.status, 200, made.text);
  return { uid: secret(made).uid, seed: (secret(made).secret as { secret: string }).secret };
}

export const enrol = (server: Server, { token }: Pick<Person, 'token'>, uid: string, response: unknown) =>
  server.call('PUT', `${secrets}/${uid}/enroll`, { bearer: token, json: { token: response } });
