import { Kysely, sql } from 'kysely';
import { SetupError } from '../base/fault.ts';
import { databaseForm } from '../base/locations.ts';
import type { Outcome } from '../base/outcome.ts';
import type { Safe } from '../base/seal.ts';
import { insideTransaction } from '../base/transaction.ts';
import { postgresDialect } from './postgres.ts';
import { sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** What every function of this room takes: the database, or a transaction on it, and the safe that seals what it keeps. */
export type Store = {
  readonly db: Kysely<Tables>;
  readonly safe: Safe;
};

export type Database = {
  readonly db: Kysely<Tables>;
  readonly flavour: Flavour;
};

export type Flavour = 'sqlite' | 'postgres';

/** The file of an embedded database; undefined where the database is a server's. */
export function sqliteFileOf(url: string): string | undefined {
  return /^sqlite:(.*)$/s.exec(url)?.[1];
}

/** Opens `sqlite:FILE`, `sqlite::memory:` or `postgres://…`. */
export function openDatabase(url: string, onLostConnection: (error: Error) => void = () => {}): Database {
  const file = sqliteFileOf(url);
  if (file !== undefined) return { db: new Kysely({ dialect: sqliteDialect(file) }), flavour: 'sqlite' };
  if (/^postgres(ql)?:\/\//.test(url)) {
    return { db: new Kysely({ dialect: postgresDialect(url, onLostConnection) }), flavour: 'postgres' };
  }
  throw new SetupError(`the database: expected ${databaseForm}`);
}

/** Runs `work` in one transaction and keeps what it wrote only when its outcome is a success. A fault keeps nothing either. */
export async function inTransaction<Value, Reason extends string>(
  store: Store,
  work: (tx: Store) => Promise<Outcome<Value, Reason>>,
): Promise<Outcome<Value, Reason>> {
  const undone: { outcome?: Outcome<Value, Reason> } = {};
  try {
    return await store.db.transaction().execute(async (db) => {
      const outcome = await insideTransaction(() => work({ ...store, db }));
      if (outcome.ok) return outcome;
      undone.outcome = outcome;
      throw new Error('rolled back');
    });
  } catch (error) {
    if (undone.outcome) return undone.outcome;
    throw error;
  }
}

/** Whether a write failed because its row, or one with the same unique columns, is there already. */
export function isDuplicate(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { errcode, code } = error as Error & { errcode?: unknown; code?: unknown };
  // SQLITE_CONSTRAINT_UNIQUE and _PRIMARYKEY; unique_violation of PostgreSQL.
  return errcode === 2067 || errcode === 1555 || code === '23505';
}

/** Whether a write failed because of a row that another one points to: it is gone, or it may not go. */
export function isReferenced(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { errcode, code } = error as Error & { errcode?: unknown; code?: unknown };
  // SQLITE_CONSTRAINT_FOREIGNKEY; foreign_key_violation of PostgreSQL.
  return errcode === 787 || code === '23503';
}

/** SQLITE_BUSY, SQLITE_IOERR, SQLITE_FULL and SQLITE_CANTOPEN. */
const sqliteTroubles: ReadonlySet<number> = new Set([5, 10, 13, 14]);

/** Whether an error says that the database is out of reach or too busy now, and not that something is wrong with the request. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { errcode, code } = error as Error & { errcode?: unknown; code?: unknown };
  // The last byte of SQLite's code is its kind. Of PostgreSQL the connection, resource and operator classes, and a server that takes no writes;
  // sockets that can't be opened.
  if (typeof errcode === 'number' && sqliteTroubles.has(errcode & 0xff)) return true;
  return typeof code === 'string'
    ? /^(08|53|57|40)...$|^25006$|^E[A-Z]+$/.test(code) && code !== 'ERR_SQLITE_ERROR'
    : /connect|timeout/i.test(error.message);
}

/** Answers when the database does. */
export async function ping(store: Store): Promise<void> {
  await sql`select 1`.execute(store.db);
}
