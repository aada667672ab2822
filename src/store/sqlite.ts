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

/** Kysely over node:sqlite. Its own dialect expects better-sqlite3's shape, which this gives it. */
export function sqliteDialect(file: string): Dialect {
  if (file !== ':memory:') makeOwn(file);
  const database = new DatabaseSync(file, { timeout: 5000, enableForeignKeyConstraints: true });
  // FULL, not NORMAL: a power cut that forgets "this code was used" would let it be used again.
  database.exec('pragma journal_mode = wal; pragma synchronous = full');
  const config = { database: betterShape(database) };
  const dialect = new SqliteDialect(config);
  dialect.createDriver = () => new OwnDriver(config, database);
  return dialect;
}

/** Other users of the machine may not read it, whatever the umask. SQLite gives its -wal and -shm the same mode. */
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

  /** `begin` alone takes the write lock late, and then processes that read first and write later fail each other. */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  /** SQLite has undone a transaction by itself where its disk is full: then this would fail, and hide why. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.isTransaction) await super.rollbackTransaction(connection);
  }
}

/** How many prepared statements are kept. The house has about a hundred; lists of varying length make a few more. */
const kept = 500;

function betterShape(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, ReturnType<typeof betterStatement>>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = statements.get(sql);
      if (known) return known;
      const made = betterStatement(database.prepare(sql));
      if (statements.size >= kept) statements.clear();
      statements.set(sql, made);
      return made;
    },
  };
}

function betterStatement(statement: StatementSync) {
  return {
    reader: statement.columns().length > 0,
    // Rows come without a prototype; a plain copy behaves like everybody else's.
    all: (parameters: readonly unknown[]) => statement.all(...bindable(parameters)).map((row) => ({ ...row })),
    run: (parameters: readonly unknown[]) => statement.run(...bindable(parameters)),
    iterate: (parameters: readonly unknown[]) => statement.iterate(...bindable(parameters)),
  };
}

/** Every statement of the house binds texts, numbers and nulls only. */
const bindable = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
