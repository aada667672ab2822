import type { Pool, PoolClient } from 'pg';
import { PostgresDialect, type Dialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import { SetupError } from '../base/fault.ts';

const int8 = 20;

/**
 * Milliseconds. The server ends a statement by itself, but not a commit that waits for its standby, and a server that is gone without a word
 * ends nothing: there we hang up.
 */
const limits = { statement: 10_000, answer: 11_000 };

/** Lifts the limits until the end of the transaction: the server's own, and ours, which goes by these words. */
export const withoutLimits = 'set local statement_timeout = 0';

/** The longest that a timer takes. */
const unlimited = 2 ** 31 - 1;

/** Kysely over pg, with counts as numbers and every distinct statement prepared once on each connection, unless the URL says `prepare=false`. */
export function postgresDialect(url: string, onLostConnection: (error: Error) => void): Dialect {
  const nameOf = isPreparing(url) ? namesOfStatements() : () => ({});
  return new PostgresDialect({ pool: async () => guarded(await openPool(url, onLostConnection), nameOf) });
}

/** What pg does not know it leaves alone, so this may stand in its URL. */
function isPreparing(url: string): boolean {
  const [, query] = url.split('?');
  const said = new URLSearchParams(query).get('prepare') ?? 'true';
  if (said !== 'true' && said !== 'false') throw new SetupError("the database's prepare must be true or false");
  return said === 'true';
}

async function openPool(url: string, onLostConnection: (error: Error) => void): Promise<Pool> {
  // Only here: who lives with SQLite need not wait for it.
  const { Pool, types } = await import('pg');
  const pool = new Pool({
    connectionString: url,
    max: 20,
    connectionTimeoutMillis: 5000,
    statement_timeout: limits.statement,
    query_timeout: limits.answer,
    idle_in_transaction_session_timeout: 10_000,
    types: { getTypeParser: (oid: number): unknown => (oid === int8 ? Number : types.getTypeParser(oid)) },
  });
  // A connection that breaks is replaced by the pool. Without a listener it would end the process: on the connection where a
  // request is using it, on the pool where none is, which says the same once more.
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

/** A connection as one piece of work has it. One that is no good any more is asked nothing else, and is not given back to the pool. */
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
  // The house streams nothing, so the overload of `query` that takes a cursor is never called.
  return {
    query: query as unknown as PostgresPoolClient['query'],
    release: () => client.release(broken !== undefined),
  };
}

/**
 * Whether an error says that its connection is of no use: a statement is still under way on it, or it leads to a server that takes no writes,
 * which is what a primary becomes when another one takes its place.
 */
function isUseless(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error.message === 'Query read timeout' || ('code' in error && error.code === '25006');
}

/** The name under which a statement is prepared, where it is. */
type NameOf = (text: string) => { name?: string };

/** Statements of varying length, such as lists, must not fill every connection with names. */
const kept = 500;

/** One for each pool, so that the pools of a process take no names from each other. */
function namesOfStatements(): NameOf {
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known) return { name: known };
    if (names.size >= kept) return {};
    const name = `countersign_${names.size}`;
    names.set(text, name);
    return { name };
  };
}
