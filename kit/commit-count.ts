/** Counts the writing transactions of an operation. */
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';

/** The writing transactions of `work`, in a database without other writers. */
export async function commitsIn(database: string, work: () => Promise<unknown>): Promise<number> {
  const count = await (database.startsWith('sqlite:')
    ? ofSqlite(database.slice('sqlite:'.length))
    : ofPostgres(database));
  await work();
  return count();
}

/** A transaction's last frame in the write-ahead log holds the database's size after it (sqlite.org/fileformat2.html#walformat). */
async function ofSqlite(file: string): Promise<() => Promise<number>> {
  using database = new DatabaseSync(file, { timeout: 5000 });
  // Empties the log, so that everything in it afterwards is new.
  database.exec('pragma wal_checkpoint(truncate)');
  const size = Number(database.prepare('pragma page_size').get()?.['page_size']);
  return async () => {
    const log = readFileSync(`${file}-wal`);
    const starts = Array.from(
      { length: Math.floor((log.length - 32) / (size + 24)) },
      (_, at) => 32 + at * (size + 24),
    );
    return starts.filter((at) => log.readUInt32BE(at + 4) > 0).length;
  };
}

/** PostgreSQL gives a transaction its number at its first write. */
async function ofPostgres(url: string): Promise<() => Promise<number>> {
  const before = await nextTransaction(url);
  return async () => (await nextTransaction(url)) - before;
}

async function nextTransaction(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ next: string }>('select pg_snapshot_xmax(pg_current_snapshot())::text as next');
  await client.end();
  return Number(rows[0]?.next);
}
