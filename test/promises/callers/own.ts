/** The objects of requests in the name of one user: their secrets, sessions, pending enrollments and challenges. */
import assert from 'node:assert/strict';
import { bodyOf, newestCode } from '../../../kit/doors.ts';
import { member, type Person, type Server } from '../../../kit/server.ts';
import type { Cast } from '../../http/catalogue.ts';
import { grant, tokensOf, type App as Client } from '../../http/doors/oauth2/help.ts';
import { enrolments } from '../../http/good-requests.ts';
import type { People, Protected } from './people.ts';

/** An app that waits for its code. */
export type Pending = Partial<Cast> & { readonly pendingId: string; readonly seed: string };

export type User = {
  readonly own: Cast;
  readonly sids: readonly string[];
  /** The right answer to a challenge of a session. */
  readonly answer: object;
};

type Holder = Pick<Person, 'token' | 'password'> & { readonly app?: Protected['app'] };
type Listed = { readonly uid: string; readonly type: string; readonly enrolled: boolean };

export async function userOf(server: Server, holder: Holder, pending?: Pending): Promise<User> {
  const { token: bearer, password, app } = holder;
  const secrets = (await server.call('GET', '/users/me/secrets', { bearer })).json as readonly Listed[];
  const sessions = (await server.call('GET', '/sessions', { bearer })).json as readonly { readonly sid: string }[];
  const sids = sessions.map(({ sid }) => sid);
  const removable = app?.secretId ?? pending?.pendingId ?? secrets[0]?.uid ?? assert.fail('no secret');
  const { seed, ...waiting } = pending ?? { pendingId: removable, seed: undefined };
  const code = seed === undefined ? '123456' : server.code({ seed });
  const [sid = '', other = sid] = sids;
  const own = { uid: 'me', secretId: removable, sid: other, ...waiting, code, currentPassword: password };
  return { own, sids, answer: app ? { code: server.code(app) } : { password } };
}

/** With a recovery code, where the user has an app. */
export const logIn = (server: Server, person: Pick<Person, 'name' | 'password'> | Protected) =>
  server.logIn(person, 'codes' in person ? person.codes.pop() : undefined);

export async function clientToken(server: Server, client: Client, person: Protected): Promise<string> {
  const code = { mfa_code: server.code(person.app) };
  return tokensOf(await grant(server, client, person, code)).access;
}

export async function enrollmentToken(server: Server, { initech: { id, eve } }: People): Promise<string> {
  const login = await server.call('GET', `/auth/password?account=${id}`, { basic: [eve.username, eve.password] });
  return member(login, 'enrollment_token');
}

export async function pendingApp(server: Server, bearer: string): Promise<Pending> {
  const made = bodyOf(await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'mfa' } }));
  const { secret: seed } = made['secret'] as { readonly secret: string };
  return { pendingId: String(made['uid']), seed };
}

/** Every second factor waits for its code. */
export async function pendingFactors(server: Server, person: Pick<Person, 'token'>): Promise<Pending> {
  const { pending, ...waiting } = await enrolments(server, person);
  return { ...waiting, seed: pending.seed };
}

export const stepUpChallenge = async (server: Server, bearer: string) =>
  member(await server.call('POST', '/challenges', { bearer, json: {} }), 'id');

/** A challenge of a service for its user 43, and the code that was sent for it. */
export async function serviceChallenge(server: Server, bearer: string) {
  const json = { user: { name: '43' } };
  const id = member(await server.call('POST', '/challenges', { bearer, json }), 'id');
  const sent = await server.call('POST', `/challenges/${id}/send`, { bearer, json: {} });
  assert.equal(sent.status, 202, sent.text);
  return { id, asks: json, answer: { code: newestCode(server) } };
}

export async function approvedChallenge(server: Server, bearer: string) {
  const { id, answer: json } = await serviceChallenge(server, bearer);
  const approved = await server.call('POST', `/challenges/${id}/verify`, { bearer, json });
  return { id, assertion: member(approved, 'assertion') };
}
