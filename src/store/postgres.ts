import type { Pool, PoolClient } from 'pg';
import { PostgresDialect, type Dialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import { withoutSslWarning } from '../base/database-url.ts';

const int8 = 20;

/**
 * Milliseconds. The server cancels a statement after `statement`. The client gives up after `response`, because the
 * server does not cancel a commit that waits for a standby, and cannot cancel anything if it has disappeared.
 */
const limits = { statement: 10_000, response: 11_000 };

/**
 * Removes both limits until the transaction ends: `guardedClient` recognizes this statement and removes the client's.
 */
export const withoutLimits = 'set local statement_timeout = 0';

/** The longest timeout of a Node timer, in milliseconds. */
const unlimited = 2 ** 31 - 1;

/**
 * Kysely over pg. Returns int8 as numbers, and prepares each statement once per connection, unless the URL has
 * `prepare=false`.
 */
export function postgresDialect(url: string, onLostConnection: (error: Error) => void): Dialect {
  const nameOf = isPreparing(url) ? namesOfStatements() : () => ({});
  return new PostgresDialect({ pool: async () => guarded(await openPool(url, onLostConnection), nameOf) });
}

/** `prepare` is a parameter of ours; pg ignores parameters that it does not know. */
const isPreparing = (url: string): boolean => !/[?&]prepare=false(&|$)/.test(url);

async function openPool(url: string, onLostConnection: (error: Error) => void): Promise<Pool> {
  // Imported here, so that servers on SQLite do not load pg.
  const { Pool, types } = await import('pg');
  const pool = new Pool({
    connectionString: withoutSslWarning(url),
    max: 20,
    connectionTimeoutMillis: 5000,
    statement_timeout: limits.statement,
    query_timeout: limits.response,
    idle_in_transaction_session_timeout: 10_000,
    types: { getTypeParser: (oid: number): unknown => (oid === int8 ? Number : types.getTypeParser(oid)) },
  });
  // The pool replaces a lost connection, but without listeners its error would end the process. The pool's listener
  // does nothing because the connection's listener has reported the same error.
  pool.on('connect', (client) => client.on('error', onLostConnection));
  pool.on('error', () => {});
  return pool;
}

function guarded(pool: Pool, nameOf: NameOf): PostgresPool {
  return {
    options: pool.options,
    connect: async () => guardedClient(await pool.connect(), nameOf),
    end: () => pool.end(),
  };
}

/**
 * A connection while it is checked out of the pool. After a fatal error it refuses further queries and is closed, not
 * reused.
 */
function guardedClient(client: PoolClient, nameOf: NameOf): PostgresPoolClient {
  let limit: { query_timeout?: number } = {};
  let broken: Error | undefined;
  const query = async (text: string, values: readonly unknown[]) => {
    if (broken) throw broken;
    if (text === withoutLimits) limit = { query_timeout: unlimited };
    try {
      return await client.query({ ...nameOf(text), ...limit, text, values: [...values] });
    } catch (error) {
      if (isUseless(error)) broken = error;
      throw error;
    }
  };
  // Countersign does not stream rows, so the overload of `query` that takes a cursor is never called.
  return {
    query: query as unknown as PostgresPoolClient['query'],
    release: () => client.release(broken !== undefined),
  };
}

/**
 * Whether a connection cannot be used after this error: a statement still runs on it, or its server is read-only
 * (SQLSTATE 25006), which happens after a failover.
 */
function isUseless(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error.message === 'Query read timeout' || ('code' in error && error.code === '25006');
}

/** The name for the prepared statement of a text, if it is to be prepared. */
type NameOf = (text: string) => { name?: string };

/**
 * A limit, because statements with lists have many variants, and each prepared statement takes memory on every
 * connection.
 */
const maxPrepared = 500;

/** Each pool has its own names, so that one pool cannot use up the limit of another. */
function namesOfStatements(): NameOf {
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known) return { name: known };
    if (names.size >= maxPrepared) return {};
    const name = `countersign_${names.size}`;
    names.set(text, name);
    return { name };
  };
}
