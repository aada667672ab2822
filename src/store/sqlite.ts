import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type Dialect,
  type SqliteDatabase,
} from 'kysely';

/** Kysely over node:sqlite. Kysely's dialect expects the interface of better-sqlite3, which `adapted` provides. */
export function sqliteDialect(file: string): Dialect {
  if (file !== ':memory:') makeOwn(file);
  const database = new DatabaseSync(file, { timeout: 5000, enableForeignKeyConstraints: true });
  // FULL, not NORMAL: if a power failure lost the last commit, a code that was used could be used again.
  database.exec('pragma journal_mode = wal; pragma synchronous = full');
  const config = { database: adapted(database) };
  const dialect = new SqliteDialect(config);
  dialect.createDriver = () => new OwnDriver(config, database);
  return dialect;
}

/** Creates the file so that only its owner can read it, whatever the umask. SQLite gives -wal and -shm the same mode. */
function makeOwn(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
}

class OwnDriver extends SqliteDriver {
  readonly #database: DatabaseSync;

  constructor(config: ConstructorParameters<typeof SqliteDriver>[0], database: DatabaseSync) {
    super(config);
    this.#database = database;
  }

  /**
   * `begin` takes the write lock at the first write, and then fails if another process has written since the first
   * read.
   */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  /** SQLite rolls back by itself if the disk is full. A second rollback would fail and hide that error. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.isTransaction) await super.rollbackTransaction(connection);
  }
}

/**
 * The size of the cache of prepared statements. There are about a hundred, and more variants with lists of different
 * lengths.
 */
const maxPrepared = 500;

function adapted(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, ReturnType<typeof adaptedStatement>>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = statements.get(sql);
      if (known) return known;
      const prepared = adaptedStatement(database.prepare(sql));
      if (statements.size >= maxPrepared) statements.clear();
      statements.set(sql, prepared);
      return prepared;
    },
  };
}

function adaptedStatement(statement: StatementSync) {
  return {
    reader: statement.columns().length > 0,
    // node:sqlite returns rows without a prototype; the copies are ordinary objects.
    all: (parameters: readonly unknown[]) => statement.all(...bindable(parameters)).map((row) => ({ ...row })),
    run: (parameters: readonly unknown[]) => statement.run(...bindable(parameters)),
    iterate: (parameters: readonly unknown[]) => statement.iterate(...bindable(parameters)),
  };
}

/** All statements bind only texts, numbers and nulls. */
const bindable = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
