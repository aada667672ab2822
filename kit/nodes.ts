/**
 * Two nodes with the same database, keys, clock and gateways. They do not queue requests of one user, so that requests really run at the same
 * time: the guarantees come from the database, not from the queues.
 */
import type { Context } from '../src/engine/context.ts';
import { createApp } from '../src/http/server/app.ts';
import { dialects } from '../src/http/doors/index.ts';
import { createMetrics } from '../src/http/server/metrics.ts';
import { createSafe } from '../src/base/seal.ts';
import type { TestDatabase } from './databases.ts';
import { cheapHasher } from './hasher.ts';
import { noTurns } from './test-engine.ts';
import { seededRandom } from './random.ts';
import { caller, startServer, type Answer, type Server, type Settings, url } from './server.ts';
import { ring } from './keys-file.ts';

export type Ask = Server['call'];

/** The server prepares users and settings; the requests under test go to `nodes`. */
export type TwoNodes = Server & { readonly nodes: readonly [Ask, Ask] };

export async function twoNodes(on: TestDatabase, settings: Omit<Settings, 'on'> = {}): Promise<TwoNodes> {
  // SQLite has one writer: its nodes share the connection.
  const opened = on.flavour === 'postgres' ? await on.open() : undefined;
  const server = await startServer({ ...settings, ...(opened && { database: opened.url }) });
  const { context, routes } = server.countersign;
  function node(name: string): Ask {
    const random = seededRandom(name);
    const db = opened?.another().db ?? context.store.db;
    const store = { db, safe: createSafe(ring, random) };
    const own: Context = { ...context, store, random, turns: noTurns, hasher: cheapHasher() };
    const app = createApp(own, { routes, dialects, metrics: createMetrics([]), url });
    const answers: Answer[] = [];
    return caller({ routes, fetch: async (request, environment) => app.fetch(request, environment) }, answers);
  }
  return {
    ...server,
    nodes: [node('one node'), node('other node')],
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await opened?.[Symbol.asyncDispose]();
    },
  };
}

/** Sends many requests at once, alternating between the nodes. */
export function atOnce<Value>({ nodes }: TwoNodes, times: number, ask: (call: Ask, at: number) => Promise<Value>) {
  const one = (at: number) => ask(nodes[at % 2 === 0 ? 0 : 1], at);
  return Promise.all(Array.from({ length: times }, (_, at) => one(at)));
}
