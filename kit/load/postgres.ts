import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { makeCluster, runCluster } from '../postgres/cluster.ts';
import { usageOf, type Usage } from './cpu.ts';

export type Postgres = AsyncDisposable & {
  newDatabase(): Promise<string>;
  /** The CPU of all its processes. */
  cpu(): Usage | undefined;
};

/** Durable, as in production. */
const settings = [
  ['fsync', 'on'],
  ['synchronous_commit', 'on'],
  ['full_page_writes', 'on'],
  ['max_connections', '200'],
] as const;

/** A temporary PostgreSQL server. */
export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-postgres-'));
  let supervisor: ChildProcess | undefined;
  async function stop(): Promise<void> {
    if (supervisor?.exitCode === null) {
      const exited = once(supervisor, 'exit');
      supervisor.stdin?.end();
      await exited;
    }
    rmSync(folder, { recursive: true, force: true });
  }
  try {
    const cluster = await makeCluster(folder);
    await runCluster(cluster, settings, { keepFolder: false, started: (child) => (supervisor = child) });
    let made = 0;
    return {
      async newDatabase() {
        const name = `bench_${(made += 1)}`;
        const client = new Client({ connectionString: cluster.url });
        await client.connect();
        await client.query(`create database ${name}`);
        await client.end();
        return Object.assign(new URL(cluster.url), { pathname: `/${name}` }).href;
      },
      cpu: () => usageOf(supervisor?.pid),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
