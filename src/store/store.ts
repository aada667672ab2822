import { Kysely, sql } from 'kysely';
import { databaseForm } from '../base/database-url.ts';
import { SetupError } from '../base/fault.ts';
import type { Outcome } from '../base/outcome.ts';
import type { Safe } from '../base/seal.ts';
import { insideTransaction } from '../base/transaction.ts';
import { postgresDialect } from './postgres.ts';
import { sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';

/**
 * The first argument of all functions of this folder: the database, or a transaction on it, and the safe that encrypts
 * secrets.
 */
export type Store = {
  readonly db: Kysely<Tables>;
  readonly safe: Safe;
};

export type Database = {
  readonly db: Kysely<Tables>;
  readonly flavour: Flavour;
};

export type Flavour = 'sqlite' | 'postgres';

/** The file of a SQLite database; undefined for another URL. */
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

/** Runs `work` in one transaction, which is rolled back if `work` returns a refusal or throws. */
export async function inTransaction<Value, Reason extends string>(
  store: Store,
  work: (tx: Store) => Promise<Outcome<Value, Reason>>,
): Promise<Outcome<Value, Reason>> {
  const rolledBack: { outcome?: Outcome<Value, Reason> } = {};
  try {
    return await store.db.transaction().execute(async (db) => {
      const outcome = await insideTransaction(() => work({ ...store, db }));
      if (outcome.ok) return outcome;
      rolledBack.outcome = outcome;
      throw new Error('rolled back');
    });
  } catch (error) {
    if (rolledBack.outcome) return rolledBack.outcome;
    throw error;
  }
}

/** Whether a write failed because of a unique constraint. */
export function isDuplicate(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { errcode, code } = error as Error & { errcode?: unknown; code?: unknown };
  // SQLITE_CONSTRAINT_UNIQUE and _PRIMARYKEY; unique_violation of PostgreSQL.
  return errcode === 2067 || errcode === 1555 || code === '23505';
}

/**
 * Whether a write failed because of a foreign key: the row it refers to does not exist, or another row refers to the
 * row it deletes.
 */
export function isReferenced(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { errcode, code } = error as Error & { errcode?: unknown; code?: unknown };
  // SQLITE_CONSTRAINT_FOREIGNKEY; foreign_key_violation of PostgreSQL.
  return errcode === 787 || code === '23503';
}

/** SQLITE_BUSY, SQLITE_IOERR, SQLITE_FULL and SQLITE_CANTOPEN. */
const sqliteUnavailable: ReadonlySet<number> = new Set([5, 10, 13, 14]);

/** Whether the database is unreachable or overloaded, so that the request may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { errcode, code } = error as Error & { errcode?: unknown; code?: unknown };
  // SQLite: the low byte of an extended code is its primary code. PostgreSQL: SQLSTATE classes 08, 53, 57 and 40, and
  // 25006 (read-only server). Sockets: codes such as ECONNREFUSED.
  if (typeof errcode === 'number' && sqliteUnavailable.has(errcode & 0xff)) return true;
  return typeof code === 'string'
    ? /^(08|53|57|40)...$|^25006$|^E[A-Z]+$/.test(code) && code !== 'ERR_SQLITE_ERROR'
    : /connect|timeout/i.test(error.message);
}

/** Resolves when the database has answered a query. */
export async function ping(store: Store): Promise<void> {
  await sql`select 1`.execute(store.db);
}
