import { member, type Server } from '../../../../kit/server.ts';
import { dataOf, door } from '../crossbar/door.ts';

/** A service of an account, with a key. */
export async function addService(server: Server, account: string, name: string, roles = ['service']) {
  const password = `the secret of ${name}`;
  const made = await door(server, await server.logIn(server.admin))(201, 'PUT', `accounts/${account}/users`, {
    username: name,
    password,
    roles,
  });
  const where = account === 'root' ? '' : `?account=${account}`;
  const login = await server.call('GET', `/auth/password${where}`, { basic: [name, password] });
  const bearer = member(login, 'token');
  const key = await server.call('POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } });
  return { id: String(dataOf(made)['id']), password, key: member(key, 'secret'), bearer };
}
