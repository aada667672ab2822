/** A node whose statements, transactions and password hashes are counted where they leave our code: at the driver and at the hasher. */
import {
  Kysely,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';
import type { Hasher } from '../../src/base/hasher.ts';
import { createApp } from '../../src/http/server/app.ts';
import { dialects } from '../../src/http/doors/index.ts';
import { createMetrics } from '../../src/http/server/metrics.ts';
import { postgresDialect } from '../../src/store/postgres.ts';
import { sqliteDialect } from '../../src/store/sqlite.ts';
import { sqliteFileOf } from '../../src/store/store.ts';
import type { Tables } from '../../src/store/tables.ts';
import type { Ask } from '../../kit/nodes.ts';
import { caller, url, type Server } from '../../kit/server.ts';

export type Cost = {
  readonly statements: number;
  /** Statements that begin or end a transaction. */
  readonly transactions: number;
  /** Transactions that changed a row and were committed, and changes outside of one. */
  readonly commits: number;
  readonly hashes: number;
};

export type CountedNode = AsyncDisposable & {
  readonly ask: Ask;
  /** What it did since it was asked for the last time. */
  readonly take: () => Cost;
};

type Count = { -readonly [Name in keyof Cost]: Cost[Name] };

const nothing: Cost = { statements: 0, transactions: 0, commits: 0, hashes: 0 };

/** One more node of a server, over the same database with a connection of its own. */
export function countedNode({ countersign: { context, routes } }: Server, database: string): CountedNode {
  const count: Count = { ...nothing };
  const db = new Kysely<Tables>({ dialect: countedDialect(database, count) });
  const own = { ...context, store: { ...context.store, db }, hasher: countedHasher(context.hasher, count) };
  const app = createApp(own, { routes, dialects, metrics: createMetrics([]), url });
  return {
    ask: caller({ routes, fetch: async (request, environment) => app.fetch(request, environment) }, []),
    take() {
      const taken = { ...count };
      Object.assign(count, nothing);
      return taken;
    },
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}

function countedHasher(hasher: Hasher, count: Count): Hasher {
  return {
    ...hasher,
    hash: (secret) => ((count.hashes += 1), hasher.hash(secret)),
    verify: (phc, secret) => ((count.hashes += 1), hasher.verify(phc, secret)),
  };
}

function countedDialect(database: string, count: Count): Dialect {
  const file = sqliteFileOf(database);
  const dialect = file === undefined ? postgresDialect(database, () => {}) : sqliteDialect(file);
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => countedDriver(dialect.createDriver(), count),
  };
}

/** Kysely's own log is too early for this: it does not say whether a statement changed anything. */
function countedDriver(driver: Driver, count: Count): Driver {
  const known = new WeakSet<DatabaseConnection>();
  const acquire = driver.acquireConnection.bind(driver);
  driver.acquireConnection = async (options) => {
    const connection = await acquire(options);
    if (!known.has(connection)) known.add(countConnection(connection, count));
    return connection;
  };
  return driver;
}

function countConnection(connection: DatabaseConnection, count: Count): DatabaseConnection {
  const execute = connection.executeQuery.bind(connection);
  let open: { wrote: boolean } | undefined;
  async function counted<Row>(query: CompiledQuery, ...rest: unknown[]): Promise<QueryResult<Row>> {
    const [, verb = ''] = /^(\w+)/.exec(query.sql) ?? [];
    const bounds = /^(?:begin|commit|rollback|savepoint|release)$/.test(verb);
    count[bounds ? 'transactions' : 'statements'] += 1;
    const result = await execute<Row>(query, ...(rest as []));
    const wrote = !bounds && changed(verb, result);
    if (verb === 'begin') open = { wrote: false };
    else if (verb === 'commit' && open?.wrote) count.commits += 1;
    else if (wrote && open) open.wrote = true;
    else if (wrote) count.commits += 1;
    if (verb === 'commit' || verb === 'rollback') open = undefined;
    return result;
  }
  return Object.assign(connection, { executeQuery: counted });
}

/** SQLite counts no rows where a statement returns them. */
function changed(verb: string, { numAffectedRows, rows }: QueryResult<unknown>): boolean {
  const returned = /^(?:insert|update|delete)$/.test(verb) ? rows.length : 0;
  return Number(numAffectedRows ?? returned) > 0;
}
