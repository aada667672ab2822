import { execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { runCluster, type Cluster } from '../kit/postgres/cluster.ts';

/** A PostgreSQL server that can be killed and restarted. */
export type Postgres = AsyncDisposable & {
  readonly cluster: Cluster;
  start(): Promise<void>;
  /** An immediate shutdown: nothing is written any more, and the next start recovers from the write-ahead log. */
  crash(): Promise<void>;
  /** As when the machine fails: all its processes end at once. */
  kill(): Promise<void>;
  /** Runs a statement without the proxy, with a timeout in milliseconds. */
  query<Row extends object>(sql: string, patience?: number): Promise<readonly Row[]>;
};

/** Durable: it waits for the disk. */
const settings = [
  ['fsync', 'on'],
  ['synchronous_commit', 'on'],
  ['full_page_writes', 'on'],
  ['max_connections', '120'],
] as const;

export function postgresOf(cluster: Cluster): Postgres {
  let supervisor: ChildProcess | undefined;
  const isUp = () => supervisor !== undefined && supervisor.exitCode === null;

  async function ended(end: () => Promise<unknown>): Promise<void> {
    if (!supervisor || !isUp()) return;
    const exited = once(supervisor, 'exit');
    await end();
    await exited;
  }

  return {
    cluster,
    start: () => runCluster(cluster, settings, { keepFolder: true, started: (child) => (supervisor = child) }),
    crash: () =>
      ended(async () => {
        const stop = ['stop', '-D', cluster.data, '-m', 'immediate'];
        await promisify(execFile)(join(cluster.programs, 'pg_ctl'), stop, { ...cluster.user, cwd: cluster.folder });
      }),
    kill: () =>
      ended(async () => {
        for (const pid of await processesOf(cluster)) process.kill(pid, 'SIGKILL');
      }),
    async query<Row extends object>(sql: string, patience = 30_000) {
      const client = new Client({ connectionString: cluster.url, query_timeout: patience });
      client.on('error', () => {});
      await client.connect();
      try {
        return (await client.query<Row>(sql)).rows;
      } finally {
        await client.end();
      }
    },
    [Symbol.asyncDispose]: () => ended(async () => supervisor?.stdin?.end()),
  };
}

/** The server's main process and its children. */
async function processesOf({ data }: Cluster): Promise<readonly number[]> {
  const [first = ''] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  const made = stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent]) => parent === first)
    .map(([pid]) => Number(pid));
  return [Number(first), ...made];
}
