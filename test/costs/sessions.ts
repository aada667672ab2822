/** Requests of somebody who is logged in, and of applications about them. */
import { newestCode, bodyOf } from '../../kit/doors.ts';
import { member, type Call } from '../../kit/server.ts';
import type { Request, Scene } from './scene.ts';

/** A request of a session that nothing comes before. */
const own = (name: string, method: string, path: string, json?: object): Request => ({
  name,
  async prepare({ addPerson }) {
    const { token: bearer } = await addPerson();
    return (ask) => ask(method, path, { bearer, ...(json && { json }) });
  },
});

/** The tokens of a client of OAuth2. */
async function granted({ server, client, addPerson }: Scene) {
  const { name: username, password } = await addPerson();
  const json = { ...client, grant_type: 'password', username, password };
  const answer = await server.call('POST', '/mfa/oauth2/token', { json });
  return { access: member(answer, 'access_token'), refresh_token: member(answer, 'refresh_token') };
}

const introspected = (name: string, which: 'access' | 'refresh_token'): Request => ({
  name,
  async prepare(scene) {
    const { [which]: token } = await granted(scene);
    return (ask) => ask('POST', '/oauth2/introspect', { json: { ...scene.client, token } });
  },
});

export const sessions: readonly Request[] = [
  own('session check', 'GET', '/users/me'),
  own('session check for a proxy', 'GET', '/forward-auth'),
  own('list of sessions', 'GET', '/sessions'),
  own('logout', 'DELETE', '/sessions/current'),
  {
    name: 'refresh',
    async prepare(scene) {
      const { refresh_token } = await granted(scene);
      const json = { ...scene.client, grant_type: 'refresh_token', refresh_token };
      return (ask) => ask('POST', '/mfa/oauth2/token', { json });
    },
  },
  introspected('introspection of an access token', 'access'),
  introspected('introspection of a refresh token', 'refresh_token'),
  {
    name: 'step-up: begin',
    async prepare({ addPersonWithApp }) {
      const { token: bearer } = await addPersonWithApp();
      return (ask) => ask('POST', '/challenges', { bearer, json: {} });
    },
  },
  {
    name: 'step-up: TOTP code',
    async prepare({ server, addPersonWithApp }) {
      const { token: bearer, app } = await addPersonWithApp();
      const id = member(await server.call('POST', '/challenges', { bearer, json: {} }), 'id');
      return (ask) => ask('POST', `/challenges/${id}/verify`, { bearer, json: { code: server.code(app) } });
    },
  },
];

/** The second step of an enrollment, after the first has been answered. */
const confirmed = (
  name: string,
  first: (scene: Scene) => readonly [method: string, path: string, json: object],
  second: (scene: Scene, begun: Readonly<Record<string, unknown>>) => readonly [path: string, json: object],
): Request => ({
  name,
  async prepare(scene) {
    const { token: bearer } = await scene.addPerson();
    const [method, path, json] = first(scene);
    const begun = bodyOf(await scene.server.call(method, path, { bearer, json }));
    const [confirm, reply] = second(scene, begun);
    const call: Call = { bearer, json: reply };
    return (ask) => ask('PUT', confirm, call);
  },
});

export const enrollments: readonly Request[] = [
  own('TOTP: secret made', 'POST', '/users/me/secrets', { type: 'mfa' }),
  confirmed(
    'TOTP: confirmed',
    () => ['POST', '/users/me/secrets', { type: 'mfa' }],
    ({ server }, { uid, secret }) => [
      `/users/me/secrets/${String(uid)}/enroll`,
      { token: server.code({ seed: (secret as { readonly secret: string }).secret }) },
    ],
  ),
  own('TOTP: secret made', 'PUT', '/mfa/totp/request', {}),
  confirmed(
    'TOTP: confirmed',
    () => ['PUT', '/mfa/totp/request', {}],
    ({ server }, { secret }) => ['/mfa/totp/verify', { mfa_code: server.code({ seed: String(secret) }) }],
  ),
  {
    name: 'SMS: code sent',
    async prepare({ addPerson, newPhone }) {
      const { token: bearer } = await addPerson();
      const json = { phone_number: newPhone() };
      return (ask) => ask('PUT', '/mfa/sms/request', { bearer, json });
    },
  },
  confirmed(
    'SMS: confirmed',
    ({ newPhone }) => ['PUT', '/mfa/sms/request', { phone_number: newPhone() }],
    ({ server }) => ['/mfa/sms/verify', { mfa_code: newestCode(server) }],
  ),
];
