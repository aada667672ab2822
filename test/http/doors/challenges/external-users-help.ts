import assert from 'node:assert/strict';
import { second } from '../../../../src/base/clock.ts';
import type { TestDatabase } from '../../../../kit/databases.ts';
import { member, startServer, type Answer, type Server } from '../../../../kit/server.ts';
import { addService } from './service.ts';

export type Json = Readonly<Record<string, unknown>>;
export const json = ({ json: body }: Answer) => body as Json;

type Shop = AsyncDisposable & {
  readonly server: Server;
  readonly serviceId: string;
  readonly key: string;
  readonly ask: (status: number, method: string, path: string, body?: Json) => Promise<Answer>;
  /** Has the user enrol an app, and answers with it. */
  readonly enrol: (path: string) => Promise<{ readonly id: string; readonly seed: string }>;
  /** A challenge that the user of that name has passed. */
  readonly passed: (name: string, seed: string, more?: Json) => Promise<string>;
};

export async function shop(on: TestDatabase): Promise<Shop> {
  const server = await startServer({ on });
  const { key, id: serviceId } = await addService(server, 'root', 'shop');
  return { ...keeper(server, key), serviceId, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** What a service does with its users. */
export function keeper(server: Server, key: string) {
  async function ask(status: number, method: string, path: string, body?: Json): Promise<Answer> {
    const answer = await server.call(method, path, { bearer: key, ...(body && { json: body }) });
    assert.equal(answer.status, status, `${answer.asked}: ${answer.text}`);
    return answer;
  }
  async function enrol(path: string) {
    const begun = await ask(201, 'POST', `${path}/factors`, { type: 'totp' });
    const [id, seed] = [member(begun, 'id'), member(begun, 'secret')];
    const confirmed = await ask(200, 'POST', `${path}/factors/${id}/confirm`, { code: server.code({ seed }, -1) });
    assert.equal((json(confirmed)['recovery_codes'] as string[]).length, 10);
    return { id, seed };
  }
  async function passed(name: string, seed: string, more: Json = {}) {
    const id = member(await ask(201, 'POST', '/challenges', { user: { name }, ...more }), 'id');
    await ask(200, 'POST', `/challenges/${id}/verify`, { code: server.code({ seed }) });
    server.clock.tick(30 * second);
    return id;
  }
  return { server, key, ask, enrol, passed };
}
