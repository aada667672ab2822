/**
 * Every test of the store and of the engine runs on both databases, each on one that is its own. PostgreSQL's are cloned
 * from a migrated template and, because a clone takes longer than most tests, emptied and used again until the file ends.
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
  /** A migrated database with nothing in it. */
  open(): Promise<Opened>;
  /** A database that nobody has migrated yet. */
  bare(): Promise<Opened>;
};

export type Opened = AsyncDisposable &
  Database & {
    /** For whoever opens it once more, such as another process. */
    readonly url: string;
    /**
     * The database as another node of this process sees it. PostgreSQL: a pool of connections of its own. SQLite: the same
     * connection, for a second one would wait for the first without letting it go on; `test/store/threads.ts` has real ones.
     */
    another(): Database;
  };

/** Registers the same tests once for each database. */
export function onEachDatabase(name: string, define: (database: TestDatabase) => void): void {
  const skip = serverUrl === undefined && 'PostgreSQL is not there: TEST_POSTGRES_URL is not set';
  describe(`${name}, on SQLite`, () => define(sqlite));
  describe(`${name}, on PostgreSQL`, { skip }, () => define(postgres));
}

const serverUrl = process.env.TEST_POSTGRES_URL;

/** What is closed and removed when the file's tests are over, the newest first. */
const leftovers: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const clear of leftovers.toReversed()) await clear();
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

/** A migrated database for a server to open: a copy is had in a tenth of the time that migrating takes. */
export async function lendSqlite(): Promise<AsyncDisposable & { readonly url: string }> {
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
    leftovers.push(async () => rmSync(made, { recursive: true, force: true }));
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
  // The data is thrown away: no reason to wait for a disk.
  await sql`pragma synchronous = off`.execute(database.db);
  return { ...database, url, another: () => database, [Symbol.asyncDispose]: () => database.db.destroy() };
}

// PostgreSQL

const postgres: TestDatabase = {
  flavour: 'postgres',
  async open() {
    const spare = spares.pop() ?? (await clone(await migratedTemplate()));
    return lend(spare, async () => {
      try {
        await empty(spare.database);
        spares.push(spare);
      } catch {
        // The test took it apart.
        await spare.database.db.destroy();
      }
    });
  },
  async bare() {
    const made = await clone('template0');
    return lend(made, () => made.database.db.destroy());
  },
};

type Clone = { readonly url: string; readonly database: Database };

const spares: Clone[] = [];
let clones = 0;
let connected: Promise<Client> | undefined;
let template: Promise<string> | undefined;

/** The server's own database, where others are made. */
function server(): Promise<Client> {
  connected ??= (async () => {
    const client = new Client({ connectionString: serverUrl });
    await client.connect();
    leftovers.push(() => client.end());
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
  leftovers.push(async () => {
    await database.db.destroy();
    await client.query(`drop database if exists ${name} with (force)`);
  });
  return { url: urlOf(name), database };
}

function lend({ url, database }: Clone, giveBack: () => Promise<void>): Opened {
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
      await giveBack();
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

/** One for all test files of a run: the first makes it. Its name changes with the migrations, for a server may outlive a run. */
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
