/**
 * Each test of the store and of the engine runs on both databases, with a database of its own. PostgreSQL's are cloned from a migrated template
 * and, because a clone takes longer than most tests, emptied and used again until the file ends.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe } from 'node:test';
import { sql } from 'kysely';
import { Client } from 'pg';
import { migrate } from '../src/store/migrate.ts';
import { openDatabase, type Database, type Flavour } from '../src/store/store.ts';
import { isInMemory, scratch } from './scratch.ts';

export type TestDatabase = {
  readonly flavour: Flavour;
  /** A migrated, empty database. */
  open(): Promise<Opened>;
  /** A database without tables. */
  bare(): Promise<Opened>;
};

export type Opened = AsyncDisposable &
  Database & {
    /** For other connections, such as of another process. */
    readonly url: string;
    /**
     * The database for another node in this process. PostgreSQL: a connection pool of its own. SQLite: the same connection, for a second one
     * would block the thread that the first needs; `test/store/threads.ts` has real ones.
     */
    another(): Database;
  };

/** Registers the same tests once for each database, or for the one that `TEST_DATABASE` names. */
export function onEachDatabase(name: string, define: (database: TestDatabase) => void): void {
  const skip = serverUrl === undefined && 'PostgreSQL is not available: TEST_POSTGRES_URL is not set';
  const { TEST_DATABASE: only } = process.env;
  if (only !== 'postgres') describe(`${name}, on SQLite`, () => define(sqlite));
  if (only !== 'sqlite') describe(`${name}, on PostgreSQL`, { skip }, () => define(postgres));
}

const serverUrl = process.env.TEST_POSTGRES_URL;

/** Run when the file's tests are over, the newest first. */
const cleanups: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const clear of cleanups.toReversed()) await clear();
});

// SQLite

const sqlite: TestDatabase = {
  flavour: 'sqlite',
  async open() {
    const file = newFile();
    copyFileSync(await migratedFile(), file);
    return openFile(file);
  },
  bare: async () => openFile(newFile()),
};

/** A migrated database for a server: a copy takes a tenth of the time of migrating. */
export async function migratedSqlite(): Promise<AsyncDisposable & { readonly url: string }> {
  if (!isInMemory) return { url: 'sqlite::memory:', async [Symbol.asyncDispose]() {} };
  const file = newFile();
  copyFileSync(await migratedFile(), file);
  return { url: `sqlite:${file}`, [Symbol.asyncDispose]: async () => rmSync(file, { force: true }) };
}

let files = 0;
let folder: string | undefined;
let migratedOnce: Promise<string> | undefined;

function newFile(): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(scratch, 'countersign-test-sqlite-'));
    cleanups.push(async () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  files += 1;
  return join(folder, `${files}.db`);
}

function migratedFile(): Promise<string> {
  migratedOnce ??= (async () => {
    const file = newFile();
    const database = openDatabase(`sqlite:${file}`);
    await migrate(database, 0);
    await database.db.destroy();
    return file;
  })();
  return migratedOnce;
}

async function openFile(file: string): Promise<Opened> {
  const url = `sqlite:${file}`;
  const database = openDatabase(url);
  // The data is temporary: do not wait for a disk.
  await sql`pragma synchronous = off`.execute(database.db);
  return { ...database, url, another: () => database, [Symbol.asyncDispose]: () => database.db.destroy() };
}

// PostgreSQL

const postgres: TestDatabase = {
  flavour: 'postgres',
  async open() {
    const idle = idleClones.pop() ?? (await clone(await migratedTemplate()));
    return lease(idle, async () => {
      try {
        await empty(idle.database);
        idleClones.push(idle);
      } catch {
        // The test dropped its tables.
        await idle.database.db.destroy();
      }
    });
  },
  async bare() {
    const made = await clone('template0');
    return lease(made, () => made.database.db.destroy());
  },
};

type Clone = { readonly url: string; readonly database: Database };

const idleClones: Clone[] = [];
let clones = 0;
let connected: Promise<Client> | undefined;
let template: Promise<string> | undefined;

/** A connection to the server's default database, in which others are created. */
function server(): Promise<Client> {
  connected ??= (async () => {
    const client = new Client({ connectionString: serverUrl });
    await client.connect();
    cleanups.push(() => client.end());
    return client;
  })();
  return connected;
}

function urlOf(name: string): string {
  const url = new URL(serverUrl ?? '');
  url.pathname = `/${name}`;
  return url.href;
}

async function clone(from: string): Promise<Clone> {
  clones += 1;
  const name = `countersign_test_${process.pid}_${clones}`;
  const client = await server();
  await client.query(`create database ${name} template ${from}`);
  const database = openDatabase(urlOf(name));
  cleanups.push(async () => {
    await database.db.destroy();
    await client.query(`drop database if exists ${name} with (force)`);
  });
  return { url: urlOf(name), database };
}

function lease({ url, database }: Clone, release: () => Promise<void>): Opened {
  const others: Database[] = [];
  return {
    ...database,
    url,
    another() {
      const other = openDatabase(url);
      others.push(other);
      return other;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(others.map(({ db }) => db.destroy()));
      await release();
    },
  };
}

const tables = [
  'attempts',
  'attempt_chains',
  'attempt_register',
  'providers',
  'security',
  'throttles',
  'sends',
  'notices',
  'refresh_tokens',
  'spent_replies',
  'clients',
  'sessions',
  'prompts',
  'challenges',
  'authenticators',
  'users',
  'account_ancestors',
  'accounts',
  'meta',
] as const;

async function empty({ db }: Database): Promise<void> {
  await db.transaction().execute(async (tx) => {
    for (const table of tables) await tx.deleteFrom(table).execute();
  });
}

/** One for all test files of a run: the first creates it. Its name changes with the migrations, for a server may outlive a run. */
function migratedTemplate(): Promise<string> {
  template ??= (async () => {
    const store = new URL('../src/store/', import.meta.url);
    const sources = [
      'migrate.ts',
      ...readdirSync(new URL('migrations/', store)).map((name) => `migrations/${name}`),
    ].toSorted();
    const hash = createHash('sha256');
    for (const source of sources) hash.update(readFileSync(new URL(source, store)));
    const name = `countersign_template_${hash.digest('hex').slice(0, 16)}`;
    const client = await server();
    await client.query('select pg_advisory_lock(7116420164)');
    const known = await client.query('select from pg_database where datname = $1', [name]);
    if (known.rowCount === 0) await makeTemplate(client, name);
    await client.query('select pg_advisory_unlock(7116420164)');
    return name;
  })();
  return template;
}

async function makeTemplate(client: Client, name: string): Promise<void> {
  await client.query(`drop database if exists ${name}_draft`);
  await client.query(`create database ${name}_draft template template0`);
  const database = openDatabase(urlOf(`${name}_draft`));
  await migrate(database, 0);
  await database.db.destroy();
  await client.query(`alter database ${name}_draft rename to ${name}`);
}
