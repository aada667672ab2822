/** A request to each route that makes administrative writes. */
import { dataOf, door, tenant } from '../http/doors/crossbar/door.ts';
import { claimsOf } from '../../kit/doors.ts';
import { member, type Answer, type Server } from '../../kit/server.ts';

export type Write = { readonly route: string; readonly path: string; readonly json?: unknown };

const provider = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, settings: {} };
export const data = (inside: object) => ({ data: inside });

/** A request to each route that administers. In this order a session with fresh proof is granted them all. */
export async function administrativeWrites(server: Server): Promise<readonly Write[]> {
  const ask = door(server);
  const idOf = (answer: Answer) => String(dataOf(answer)['id']);
  const acme = (await tenant(server, 'root', 'acme')).id;
  const leaf = idOf(await ask(201, 'PUT', `accounts/${acme}`, { name: 'leaf' }));
  const carol = idOf(await ask(201, 'PUT', `accounts/${acme}/users`, { username: 'carol' }));
  const configId = idOf(await ask(201, 'PUT', `accounts/${acme}/multi_factor`, provider));
  await ask(201, 'PUT', 'multi_factor', provider);
  const [bob, dan] = [await server.addPerson('bob'), await server.addPerson('dan')];
  const boss = idOf(await ask(201, 'PUT', 'accounts/root/users', { username: 'boss', roles: ['admin'] }));
  const app = await server.addApp(bob);
  const bearer = server.admin.token;
  const json = { name: 'an application', grant_types: ['password'] };
  const client = member(await server.call('POST', '/oauth2/clients', { bearer, json }), 'client_id');
  return [
    { route: 'POST /users', path: '/users', json: { name: 'eve', password: 'eve has this password' } },
    { route: 'PATCH /users/{uid}', path: `/users/${dan.uid}`, json: { email: 'eve@example.org' } },
    { route: 'DELETE /users/{uid}/secrets/{secretId}', path: `/users/${bob.uid}/secrets/${app.secretId}` },
    {
      route: 'DELETE /users/{uid}/sessions/{sid}',
      path: `/users/${dan.uid}/sessions/${claimsOf(dan.token).sid}`,
    },
    { route: 'DELETE /users/{uid}/sessions', path: `/users/${dan.uid}/sessions` },
    { route: 'DELETE /users/{uid}', path: `/users/${dan.uid}` },
    {
      route: 'POST /users/{uid}/secrets',
      path: `/users/${boss}/secrets`,
      json: { type: 'apikey', scope: 'manage' },
    },
    { route: 'POST /oauth2/clients', path: '/oauth2/clients', json },
    { route: 'PATCH /oauth2/clients/{id}', path: `/oauth2/clients/${client}`, json: { name: 'another' } },
    { route: 'DELETE /oauth2/clients/{id}', path: `/oauth2/clients/${client}` },
    { route: 'PUT /v2/accounts/{id}', path: `/v2/accounts/${acme}`, json: data({ name: 'a child' }) },
    { route: 'POST /v2/accounts/{id}', path: `/v2/accounts/${leaf}`, json: data({ name: 'another name' }) },
    { route: 'PATCH /v2/accounts/{id}', path: `/v2/accounts/${leaf}`, json: data({ name: 'a third name' }) },
    { route: 'POST /v2/accounts/{id}/move', path: `/v2/accounts/${leaf}/move`, json: data({ to: 'root' }) },
    { route: 'DELETE /v2/accounts/{id}', path: `/v2/accounts/${leaf}` },
    {
      route: 'PUT /v2/accounts/{id}/users',
      path: '/v2/accounts/root/users',
      json: data({ username: 'mallory', password: 'mallory has this', roles: ['admin'] }),
    },
    {
      route: 'POST /v2/accounts/{id}/users/{userId}',
      path: `/v2/accounts/${acme}/users/${carol}`,
      json: data({ username: 'carol', roles: ['admin'] }),
    },
    {
      route: 'PATCH /v2/accounts/{id}/users/{userId}',
      path: `/v2/accounts/${acme}/users/${carol}`,
      json: data({ password: 'a new one for carol' }),
    },
    { route: 'DELETE /v2/accounts/{id}/users/{userId}', path: `/v2/accounts/${acme}/users/${carol}` },
    {
      route: 'POST /v2/accounts/{id}/security',
      path: `/v2/accounts/${acme}/security`,
      json: data({ auth_modules: { user_auth: { log_failed_attempts: false } } }),
    },
    {
      route: 'PATCH /v2/accounts/{id}/security',
      path: `/v2/accounts/${acme}/security`,
      json: data({ auth_modules: { oauth2: { enabled: false } } }),
    },
    { route: 'DELETE /v2/accounts/{id}/security', path: `/v2/accounts/${acme}/security` },
    {
      route: 'PUT /v2/accounts/{id}/multi_factor',
      path: `/v2/accounts/${acme}/multi_factor`,
      json: data(provider),
    },
    {
      route: 'POST /v2/accounts/{id}/multi_factor/{configId}',
      path: `/v2/accounts/${acme}/multi_factor/${configId}`,
      json: data(provider),
    },
    {
      route: 'PATCH /v2/accounts/{id}/multi_factor/{configId}',
      path: `/v2/accounts/${acme}/multi_factor/${configId}`,
      json: data({ enabled: false }),
    },
    {
      route: 'DELETE /v2/accounts/{id}/multi_factor/{configId}',
      path: `/v2/accounts/${acme}/multi_factor/${configId}`,
    },
    { route: 'PUT /v2/multi_factor', path: '/v2/multi_factor', json: data(provider) },
    { route: 'POST /v2/multi_factor/{name}', path: '/v2/multi_factor/totp', json: data(provider) },
    { route: 'PATCH /v2/multi_factor/{name}', path: '/v2/multi_factor/totp', json: data({ enabled: false }) },
  ];
}

export const send = (server: Server, { route, path, json }: Write, bearer: string) =>
  server.call(route.split(' ')[0] ?? '', path, { bearer, ...(json !== undefined && { json }) });
