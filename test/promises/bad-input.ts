/** What the walks with bad input share: people, their credentials, and the rows before and after. */
import assert from 'node:assert/strict';
import { addService } from '../http/doors/challenges/service.ts';
import { ada, firstFactor, goodRequests, type Good } from '../http/good-requests.ts';
import { member, type Answer, type Call, type Server } from '../../kit/server.ts';

export type Scene = Awaited<ReturnType<typeof ada>> & {
  readonly goods: readonly Good[];
  readonly challenge: string;
  readonly admin: string;
  /** A service's. */
  readonly key: string;
  /** A user of its application. */
  readonly external: Awaited<ReturnType<typeof externalUser>>;
};

/** Somebody with an app that waits for its code. */
export async function externalUser(server: Server, bearer: string) {
  const name = '42';
  const uid = member(await server.call('PUT', `/users/${name}`, { bearer, json: {} }), 'uid');
  const pending = await server.call('POST', `/users/${name}/factors`, { bearer, json: { type: 'totp' } });
  return { name, uid, pendingId: member(pending, 'id'), seed: member(pending, 'secret') };
}

export async function scene(server: Server): Promise<Scene> {
  const cast = await ada(server);
  const challenge = await server.challenge(cast.person);
  const { key } = await addService(server, 'root', 'shop');
  const external = await externalUser(server, key);
  const goods = goodRequests(server.countersign.routes, { ...cast, external });
  return { ...cast, challenge, key, external, admin: server.admin.token, goods };
}

/** What shows that Ada may do it. */
export function credentials(good: Good, { person, challenge, admin, key }: Scene): Call & { query?: string } {
  const { does } = good;
  if (does === 'logs in') return firstFactor(good, person.name, person.password);
  if (does === 'serves a client') return {};
  if (does === 'manages') return { bearer: admin };
  if (does === 'keeps users') return { bearer: key };
  // One door wants it in the query, the other one as a credential.
  if (does !== 'answers a challenge') return { bearer: person.token };
  return good.route.access === 'challenge' ? { bearer: challenge } : { query: `jwt_token=${challenge}` };
}

export const about = ({ asked, status, text }: Answer) => `${asked} answered ${status} ${text.slice(0, 300)}`;

/** Runs the requests and asserts that not a single row has changed. */
export async function unchanged(server: Server, requests: () => Promise<void>): Promise<void> {
  const before = await server.rows();
  await requests();
  assert.deepEqual(await server.rows(), before);
}
