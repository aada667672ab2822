import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeCluster, type Cluster } from '../kit/postgres/cluster.ts';
import { startPgBouncer } from './pgbouncer.ts';
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import type { AttemptRow } from './history.ts';
import { postgresOf } from './postgres.ts';

/** Waits for a random time within these milliseconds. */
export type Pause = (least: number, most: number) => Promise<void>;

/** The database of an experiment, and the faults that can be injected into it. */
export type Database = AsyncDisposable & {
  /** For a server's settings. */
  readonly url: string;
  /** By name. Each ends with the database repaired. */
  readonly faults: Readonly<Record<string, (pause: Pause) => Promise<void>>>;
  attempts(): Promise<readonly AttemptRow[]>;
};

export const attemptsSql = 'select request_id as "requestId", user_id as "userId", action, outcome from attempts';

/** One file, whose write lock another connection may hold. SQLite waits for five seconds, and then the server answers 503. */
export function sqliteIn(folder: string): Database {
  const file = join(folder, 'countersign.db');
  return {
    url: `sqlite:${file}`,
    faults: {
      'database held': (pause) => hold(file, () => pause(50, 800)),
      'database held for too long': (pause) => hold(file, () => pause(5000, 6000)),
    },
    async attempts() {
      using other = new DatabaseSync(file, { readOnly: true });
      return other.prepare(attemptsSql).all() as unknown as AttemptRow[];
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Holds the write lock. */
async function hold(file: string, until: () => Promise<void>): Promise<void> {
  using other = new DatabaseSync(file, { timeout: 20_000 });
  other.exec('begin immediate');
  await until();
  other.exec('rollback');
}

/** One PostgreSQL, which the servers reach through a proxy that can drop connections; with `pooled`, a pgbouncer comes before that proxy. */
export async function postgresIn(folder: string, pooled = false): Promise<Database> {
  const server = postgresOf(await makeCluster(folder));
  await server.start();
  const proxy = await openTcpProxy();
  proxy.forwardTo(server.cluster.port);
  const bouncer = pooled ? await startPgBouncer(server.cluster, proxy.port) : undefined;
  if (bouncer) {
    for (const limit of ['statement_timeout', 'idle_in_transaction_session_timeout'])
      await server.query(`alter role postgres set ${limit} = '10s'`);
  }
  return {
    url: bouncer?.url ?? addressedTo(server.cluster, proxy),
    faults: {
      async 'database stopped'(pause) {
        await server.crash();
        await pause(200, 3000);
        await server.start();
      },
      async 'database connections ended'() {
        await server.query('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()');
      },
      ...proxyFaults(proxy),
    },
    attempts: () => server.query<AttemptRow>(attemptsSql),
    async [Symbol.asyncDispose]() {
      await bouncer?.[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A cluster's URL by way of a proxy. */
export function addressedTo(cluster: Cluster, proxy: TcpProxy): string {
  const url = new URL(cluster.url);
  url.port = String(proxy.port);
  return url.href;
}

const proxyFaults = (proxy: TcpProxy): Database['faults'] => ({
  async 'database connections cut'() {
    proxy.dropConnections();
  },
  async 'database answers cut'() {
    proxy.dropOnNextAnswer();
  },
});
