/** The accounts door as a client of Crossbar sees it. */
import assert from 'node:assert/strict';
import type { Answer, Call, Server } from '../../../../kit/server.ts';

export type Data = Readonly<Record<string, unknown>>;

export const bodyOf = ({ json }: Answer) => json as Data;
export const dataOf = (answer: Answer) => bodyOf(answer)['data'] as Data;
export const listOf = (answer: Answer) => bodyOf(answer)['data'] as readonly Data[];

/** Asks with a status that is expected. */
export function door(server: Server, bearer: string | undefined = server.admin.token) {
  return async (status: number, method: string, path: string, data?: unknown, more: Call = {}): Promise<Answer> => {
    const json = data === undefined ? {} : { json: { data } };
    const answer = await server.call(method, `/v2/${path}`, { bearer, ...json, ...more });
    assert.equal(answer.status, status, `${answer.asked}: ${answer.text}`);
    return answer;
  };
}

/** Makes an account below another, with an administrator, and answers with its id and that administrator's token. */
export async function tenant(server: Server, parent: string, name: string, bearer?: string) {
  const ask = door(server, bearer);
  // Ids sort by time.
  server.clock.tick(1);
  const id = String(dataOf(await ask(201, 'PUT', `accounts/${parent}`, { name }))['id']);
  const password = `the secret of ${name}`;
  const username = `boss of ${name}`;
  const made = await ask(201, 'PUT', `accounts/${id}/users`, { username, password, roles: ['admin'] });
  const login = await ask(201, 'PUT', 'user_auth', { username, password, account_id: id });
  return { id, username, password, uid: String(dataOf(made)['id']), token: String(bodyOf(login)['auth_token']) };
}

/** root → acme → (east → cellar, west), and other beside acme. */
export async function town(server: Server) {
  const acme = await tenant(server, 'root', 'acme');
  const east = await tenant(server, acme.id, 'east', acme.token);
  const cellar = await tenant(server, east.id, 'cellar', acme.token);
  const west = await tenant(server, acme.id, 'west', acme.token);
  const other = await tenant(server, 'root', 'other');
  return { acme, east, cellar, west, other };
}
