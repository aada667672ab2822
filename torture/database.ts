import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeCluster, type Cluster } from '../kit/postgres/cluster.ts';
import { bouncerTo } from './pgbouncer.ts';
import { openCutter, type Cutter } from './tcp-proxy.ts';
import type { AttemptRow } from './history.ts';
import { postgresOf } from './postgres.ts';

/** Waits for as long as chance has it, between so many and so many milliseconds. */
export type Pause = (least: number, most: number) => Promise<void>;

/** The database of an experiment, and what may befall it. */
export type Database = AsyncDisposable & {
  /** For a server's settings. */
  readonly url: string;
  /** What can be done to it, by name; each mends itself. */
  readonly troubles: Readonly<Record<string, (pause: Pause) => Promise<void>>>;
  attempts(): Promise<readonly AttemptRow[]>;
};

export const attemptsSql = 'select request_id as "requestId", user_id as "userId", action, outcome from attempts';

/** One file, which somebody else may hold for a while. SQLite waits five seconds, and then the server says that it could not. */
export function sqliteIn(folder: string): Database {
  const file = join(folder, 'house.db');
  return {
    url: `sqlite:${file}`,
    troubles: {
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

/** Keeps everybody else from writing, when it is its turn. */
async function hold(file: string, until: () => Promise<void>): Promise<void> {
  using other = new DatabaseSync(file, { timeout: 20_000 });
  other.exec('begin immediate');
  await until();
  other.exec('rollback');
}

/** One PostgreSQL, which the servers reach over a wire that can be cut; with `pooled`, through a pgbouncer before that wire. */
export async function postgresIn(folder: string, pooled = false): Promise<Database> {
  const server = postgresOf(await makeCluster(folder));
  await server.start();
  const wire = await openCutter();
  wire.lead(server.cluster.port);
  const bouncer = pooled ? await bouncerTo(server.cluster, wire.port) : undefined;
  if (bouncer) {
    for (const limit of ['statement_timeout', 'idle_in_transaction_session_timeout'])
      await server.ask(`alter role postgres set ${limit} = '10s'`);
  }
  return {
    url: bouncer?.url ?? addressedTo(server.cluster, wire),
    troubles: {
      async 'database stopped'(pause) {
        await server.crash();
        await pause(200, 3000);
        await server.start();
      },
      async 'database connections ended'() {
        await server.ask('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()');
      },
      ...wireTroubles(wire),
    },
    attempts: () => server.ask<AttemptRow>(attemptsSql),
    async [Symbol.asyncDispose]() {
      await bouncer?.[Symbol.asyncDispose]();
      await wire[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A cluster's URL over a wire that leads to it. */
export function addressedTo(cluster: Cluster, wire: Cutter): string {
  const url = new URL(cluster.url);
  url.port = String(wire.port);
  return url.href;
}

const wireTroubles = (wire: Cutter): Database['troubles'] => ({
  async 'database connections cut'() {
    wire.cut();
  },
  async 'database answers cut'() {
    wire.cutAnswers();
  },
});
