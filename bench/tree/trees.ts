import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { writeKeyFile } from '../../src/base/key-file.ts';
import { makeKeyRing } from '../../src/base/keys.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { TestClock } from '../../kit/clock.ts';
import type { startPostgres } from '../../kit/load/postgres.ts';
import { makeTree, type Place } from './tree-server.ts';
import type { Progress } from './progress.ts';
import type { Size, Tree } from './seed.ts';

/** The small tree of the promise, with enough rows to fill each measured page. */
export const small: Size = { accounts: 10, users: 100, attempts: 10_000 };

/** A tree, and the time and space that it took. */
export type Made = {
  readonly place: Place;
  readonly tree: Tree;
  readonly seconds: number;
  readonly megabytes: number;
};

export type TreeOptions = {
  readonly folder: string;
  /** SQLite when absent. */
  readonly postgres?: Awaited<ReturnType<typeof startPostgres>> | undefined;
  readonly clock: TestClock;
  readonly tell: Progress;
};

/** Makes a tree in a new database. */
export async function buildTree(options: TreeOptions, name: string, size: Size): Promise<Made> {
  const { folder, postgres, clock, tell } = options;
  const began = performance.now();
  const keysFile = join(folder, `${name}.json`);
  writeKeyFile(keysFile, makeKeyRing(systemRandom), systemRandom);
  const file = join(folder, `${name}.db`);
  const place = { keysFile, database: postgres ? await postgres.newDatabase() : `sqlite:${file}` };
  const tree = await makeTree(place, size, clock, (what, done, all) => tell(`${name} tree, ${what}`, done, all));
  const bytes = postgres ? await vacuum(place.database) : statSync(file).size;
  return { place, tree, seconds: (performance.now() - began) / 1000, megabytes: bytes / 1e6 };
}

/** Runs what autovacuum would run later, during the measurement. Returns the database's size in bytes. */
async function vacuum(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('vacuum analyze');
    const sized = await client.query<{ bytes: string }>('select pg_database_size(current_database()) as bytes');
    return Number(sized.rows[0]?.bytes);
  } finally {
    await client.end();
  }
}
