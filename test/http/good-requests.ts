/** Good requests to every route that the catalogue knows, and somebody whom they can be about. */
import assert from 'node:assert/strict';
import type { Route } from '../../src/http/route.ts';
import type { Answer, App, Call, Person, Server } from '../../kit/server.ts';
import { knownOf, nameOf, nobody, type Cast, type Does } from './catalogue.ts';
import { requestOthers } from './other-seconds.ts';

const noAttempt = `202611-${nobody.replaceAll('-', '')}`;

export type Good = {
  readonly name: string;
  readonly route: Route;
  readonly does: Does;
  readonly method: string;
  readonly path: string;
  readonly json?: unknown;
};

/** What `{id}` is: nobody's account, the challenge whose token is shown, or an OAuth2 client. */
function idAt(path: string, clientId: string): string {
  if (path.startsWith('/challenges/')) return 'current';
  return path.startsWith('/v2/') ? nobody.replaceAll('-', '') : clientId;
}

/** Good requests to every route: with a right credential each of them would be granted. */
export function goodRequests(routes: readonly Route[], cast: Cast): readonly Good[] {
  return routes.flatMap((route) => {
    const { does, bodies, secret = 'secretId' } = knownOf(route);
    const { uid, sid, clientId = nobody } = cast;
    const ids: Readonly<Record<string, string>> = {
      uid,
      secretId: cast[secret],
      sid,
      id: idAt(route.path, clientId),
      userId: nobody,
      externalId: cast.external?.name ?? nobody,
      factorId: cast.external?.pendingId ?? nobody,
      attemptId: noAttempt,
      configId: nobody.replaceAll('-', ''),
      name: 'totp',
      code: 'name_taken',
      ...cast.ids,
    };
    const path = route.path.replace(/\{(\w+)\}/g, (_whole, id: string) => ids[id] ?? assert.fail(`no {${id}}`));
    const good = { name: nameOf(route), route, does, method: route.method.toUpperCase(), path };
    return bodies ? bodies(cast).map((json) => ({ ...good, json })) : [good];
  });
}

/** Sends a good request, with what else the test gives it. */
export function send(
  server: Server,
  { method, path, json }: Good,
  call: Call & { query?: string } = {},
): Promise<Answer> {
  const { query, ...rest } = call;
  return server.call(method, query ? `${path}?${query}` : path, { ...(json !== undefined && { json }), ...rest });
}

/** How somebody shows a name and a secret to a way in: in HTTP Basic, or in the body. */
export function firstFactor({ route, json }: Good, name: string, secret: string): Call {
  if (!knownOf(route).firstInBody) return { basic: [name, secret] };
  const first = { username: name, password: secret };
  if (!knownOf(route).inData) return { json: { ...(json as object), ...first } };
  return { json: { data: { ...(json as { readonly data: object }).data, ...first } } };
}

type Pending = Pick<Cast, 'pendingId' | 'code'> &
  Required<Pick<Cast, 'others'>> &
  Readonly<Record<'smsCode' | 'emailCode', string>> & { readonly pending: Pick<App, 'seed'> };

/** An app, a number, an address and every other second factor, each of which waits for its code. */
export async function enrolments(server: Server, { token: bearer }: Pick<Person, 'token'>): Promise<Pending> {
  const made = await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'mfa' } });
  const { uid: pendingId, secret } = made.json as { uid: string; secret: { secret: string } };
  const pending = { seed: secret.secret };
  const sentBy = async (method: string, json: object): Promise<string> => {
    const before = server.sent.length;
    const asked = await server.call('PUT', `/mfa/${method}/request`, { bearer, json });
    assert.equal(asked.status, 200, asked.text);
    return server.sent[before]?.code ?? assert.fail('no code was sent');
  };
  const smsCode = await sentBy('sms', { phone_number: '+14155552671' });
  const emailCode = await sentBy('email', { email: 'ada@example.org' });
  const others = await requestOthers(server, { bearer });
  return { pendingId, pending, code: server.code(pending), smsCode, emailCode, others };
}

/** Ada, with an app that works, an app, a number and an address that wait for their codes, and one more session. */
export async function ada(server: Server): Promise<Cast & Pending & { readonly person: Person; readonly app: App }> {
  const person = await server.addPerson('ada');
  const app = await server.addApp(person);
  const waiting = await enrolments(server, person);
  await server.logIn(person, app.codes[0]);
  const sessions = (await server.call('GET', '/sessions', { bearer: person.token })).json as {
    sid: string;
    current: boolean;
  }[];
  const sid = sessions.find(({ current }) => !current)?.sid ?? assert.fail('there is no other session');
  return { person, app, ...waiting, uid: person.uid, secretId: app.secretId, sid };
}
