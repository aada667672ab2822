import { execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { makeCluster, runCluster } from '../test/setup/cluster.ts';
import { openCutter, type Cutter } from './cutter.ts';
import type { Pause } from './faults.ts';
import type { AttemptRow } from './history.ts';

/** The database of an experiment, and what may befall it. */
export type Database = AsyncDisposable & {
  /** For a server's settings. */
  readonly url: string;
  /** What can be done to it, by name; each mends itself. */
  readonly troubles: Readonly<Record<string, (pause: Pause) => Promise<void>>>;
  attempts(): Promise<readonly AttemptRow[]>;
};

const attempts = 'select request_id as "requestId", user_id as "userId", action, outcome from attempts';

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
      return other.prepare(attempts).all() as unknown as AttemptRow[];
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

/** A cluster that keeps what it says that it keeps: it waits for the disk. */
const settings = [
  ['fsync', 'on'],
  ['synchronous_commit', 'on'],
  ['full_page_writes', 'on'],
  ['max_connections', '120'],
] as const;

/** One PostgreSQL, which the servers reach over a wire that can be cut. */
export async function postgresIn(folder: string): Promise<Database> {
  const cluster = await makeCluster(folder);
  let keeper: ChildProcess | undefined;
  const run = () => runCluster(cluster, settings, { leave: true, started: (child) => (keeper = child) });
  await run();
  const wire = await openCutter();
  wire.lead(cluster.port);
  const url = new URL(cluster.url);
  url.port = String(wire.port);

  async function ask<Row extends object>(sql: string): Promise<readonly Row[]> {
    const client = new Client({ connectionString: cluster.url });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** As when the machine goes down: nothing is written any more, and the next start recovers from its log. */
  async function crash(): Promise<void> {
    const ended = keeper && once(keeper, 'exit');
    const stop = ['stop', '-D', cluster.data, '-m', 'immediate'];
    await promisify(execFile)(join(cluster.programs, 'pg_ctl'), stop, { ...cluster.user, cwd: cluster.folder });
    await ended;
  }

  return {
    url: url.href,
    troubles: {
      async 'database stopped'(pause) {
        await crash();
        await pause(200, 3000);
        await run();
      },
      async 'database connections ended'() {
        await ask('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()');
      },
      ...wireTroubles(wire),
    },
    attempts: () => ask<AttemptRow>(attempts),
    async [Symbol.asyncDispose]() {
      await wire[Symbol.asyncDispose]();
      if (!keeper || keeper.exitCode !== null) return;
      const ended = once(keeper, 'exit');
      keeper.stdin?.end();
      await ended;
    },
  };
}

const wireTroubles = (wire: Cutter): Database['troubles'] => ({
  async 'database connections cut'() {
    wire.cut();
  },
  async 'database answers cut'() {
    wire.cutAnswers();
  },
});
