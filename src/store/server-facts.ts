import { sql } from 'kysely';
import type { Database } from './store.ts';

/** Settings of a PostgreSQL server that Countersign depends on. */
export type PostgresFacts = {
  /** `server_version_num`, such as 180004. */
  readonly version: number;
  readonly fsync: boolean;
  readonly fullPageWrites: boolean;
  readonly synchronousCommit: string;
  /** `statement_timeout` and `idle_in_transaction_session_timeout`; `0` is no limit. */
  readonly statementTimeout: string;
  readonly idleTimeout: string;
  /** `synchronous_standby_names`: the standbys that a commit waits for; empty for none. */
  readonly waitsFor: string;
  /** The number of connected standbys. */
  readonly standbys: number;
  /** Whether the server refuses writes, as a standby does. */
  readonly readOnly: boolean;
  /** The server's clock, in milliseconds since the Unix epoch. */
  readonly now: number;
};

export async function readPostgresFacts({ db }: Pick<Database, 'db'>): Promise<PostgresFacts> {
  const { rows } = await sql<{ [Name in keyof PostgresFacts]: string }>`
    select current_setting('server_version_num') as version, current_setting('fsync') as fsync,
      current_setting('full_page_writes') as "fullPageWrites", current_setting('synchronous_commit') as "synchronousCommit",
      current_setting('statement_timeout') as "statementTimeout", current_setting('idle_in_transaction_session_timeout') as "idleTimeout",
      current_setting('synchronous_standby_names') as "waitsFor", (select count(*) from pg_stat_replication) as standbys,
      current_setting('transaction_read_only') as "readOnly",
      cast(extract(epoch from clock_timestamp()) * 1000 as text) as now`.execute(db);
  const [row] = rows;
  if (!row) throw new Error('the query for the settings of PostgreSQL returned no row');
  return {
    version: Number(row.version),
    fsync: row.fsync === 'on',
    fullPageWrites: row.fullPageWrites === 'on',
    synchronousCommit: row.synchronousCommit,
    statementTimeout: row.statementTimeout,
    idleTimeout: row.idleTimeout,
    waitsFor: row.waitsFor,
    standbys: Number(row.standbys),
    readOnly: row.readOnly === 'on',
    now: Number(row.now),
  };
}

/** SQLite's journal mode. Countersign sets `wal`; another mode means that the file system does not support it. */
export async function readJournalMode({ db }: Pick<Database, 'db'>): Promise<string> {
  const { rows } = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(db);
  return rows[0]?.journal_mode ?? '';
}
