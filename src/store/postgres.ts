import type { Pool, PoolClient } from 'pg';
import { PostgresDialect, type Dialect, type PostgresPool, type PostgresPoolClient } from 'kysely';

const int8 = 20;

/** Kysely over pg, with counts as numbers and every distinct statement prepared once on each connection. */
export function postgresDialect(url: string, onLostConnection: (error: Error) => void): Dialect {
  return new PostgresDialect({ pool: async () => preparing(await openPool(url, onLostConnection)) });
}

async function openPool(url: string, onLostConnection: (error: Error) => void): Promise<Pool> {
  // Only here: who lives with SQLite need not wait for it.
  const { Pool, types } = await import('pg');
  const pool = new Pool({
    connectionString: url,
    max: 20,
    connectionTimeoutMillis: 5000,
    statement_timeout: 10_000,
    idle_in_transaction_session_timeout: 10_000,
    types: { getTypeParser: (oid: number): unknown => (oid === int8 ? Number : types.getTypeParser(oid)) },
  });
  // A connection that breaks is replaced by the pool. Without a listener it would end the process: on the connection where a
  // request is using it, on the pool where none is, which says the same once more.
  pool.on('connect', (client) => client.on('error', onLostConnection));
  pool.on('error', () => {});
  return pool;
}

function preparing(pool: Pool): PostgresPool {
  return {
    options: pool.options,
    connect: async () => preparingClient(await pool.connect()),
    end: () => pool.end(),
  };
}

/** Statements of varying length, such as lists, must not fill every connection with names. */
const kept = 500;
const names = new Map<string, string>();

function preparingClient(client: PoolClient): PostgresPoolClient {
  const query = (text: string, values: readonly unknown[]) =>
    client.query({ ...named(text), text, values: [...values] });
  // The house streams nothing, so the overload of `query` that takes a cursor is never called.
  return { query: query as unknown as PostgresPoolClient['query'], release: () => client.release() };
}

function named(text: string): { name?: string } {
  const known = names.get(text);
  if (known) return { name: known };
  if (names.size >= kept) return {};
  const name = `countersign_${names.size}`;
  names.set(text, name);
  return { name };
}
