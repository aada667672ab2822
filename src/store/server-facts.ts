import { sql } from 'kysely';
import type { Database } from './store.ts';

/** What a PostgreSQL server says of itself that this house rests on. */
export type PostgresFacts = {
  /** As `server_version_num` has it: 180004. */
  readonly version: number;
  readonly fsync: boolean;
  readonly fullPageWrites: boolean;
  readonly synchronousCommit: string;
  /** `0` where it lets a statement, or a transaction in which nothing happens, go on for ever. */
  readonly statementTimeout: string;
  readonly idleTimeout: string;
  /** Which standbys a commit waits for, in PostgreSQL's words; empty where it waits for none. */
  readonly waitsFor: string;
  /** How many servers copy what is written, at this moment. */
  readonly standbys: number;
  /** A standby, or a server that takes no writes. */
  readonly readOnly: boolean;
  /** Its clock, in milliseconds since the Unix epoch. */
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
  if (!row) throw new Error('the database says nothing of itself');
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

/** How a SQLite file keeps its journal. The house's own is `wal`; where the file's system can't, it stays another. */
export async function readJournalMode({ db }: Pick<Database, 'db'>): Promise<string> {
  const { rows } = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(db);
  return rows[0]?.journal_mode ?? '';
}
