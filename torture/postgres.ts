import { execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { runCluster, type Cluster } from '../kit/postgres/cluster.ts';

/** A PostgreSQL server that dies and comes back. */
export type Postgres = AsyncDisposable & {
  readonly cluster: Cluster;
  start(): Promise<void>;
  /** As when the program is told to end at once: nothing is written any more, and the next start recovers from its log. */
  crash(): Promise<void>;
  /** As when the machine is gone: every process of it ends at the same moment. */
  kill(): Promise<void>;
  /** Asks past all wires, for at most so many milliseconds. */
  ask<Row extends object>(sql: string, patience?: number): Promise<readonly Row[]>;
};

/** It keeps what it says that it keeps: it waits for the disk. */
const settings = [
  ['fsync', 'on'],
  ['synchronous_commit', 'on'],
  ['full_page_writes', 'on'],
  ['max_connections', '120'],
] as const;

export function postgresOf(cluster: Cluster): Postgres {
  let keeper: ChildProcess | undefined;
  const isUp = () => keeper !== undefined && keeper.exitCode === null;

  async function ended(end: () => Promise<unknown>): Promise<void> {
    if (!keeper || !isUp()) return;
    const exited = once(keeper, 'exit');
    await end();
    await exited;
  }

  return {
    cluster,
    start: () => runCluster(cluster, settings, { leave: true, started: (child) => (keeper = child) }),
    crash: () =>
      ended(async () => {
        const stop = ['stop', '-D', cluster.data, '-m', 'immediate'];
        await promisify(execFile)(join(cluster.programs, 'pg_ctl'), stop, { ...cluster.user, cwd: cluster.folder });
      }),
    kill: () =>
      ended(async () => {
        for (const pid of await processesOf(cluster)) process.kill(pid, 'SIGKILL');
      }),
    async ask<Row extends object>(sql: string, patience = 30_000) {
      const client = new Client({ connectionString: cluster.url, query_timeout: patience });
      client.on('error', () => {});
      await client.connect();
      try {
        return (await client.query<Row>(sql)).rows;
      } finally {
        await client.end();
      }
    },
    [Symbol.asyncDispose]: () => ended(async () => keeper?.stdin?.end()),
  };
}

/** The server's own process and those that it made, in whatever order. */
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
