/** The machine's limits without a server: hashes and commits. */
import { DatabaseSync } from 'node:sqlite';
import { availableParallelism } from 'node:os';
import { Pool } from 'pg';
import { createHasher } from '../src/base/hasher.ts';
import { forSeconds, type Counted, type Timed } from '../kit/load/clients.ts';

/** argon2id at Countersign's cost. */
export async function hashes({ clients, seconds }: Timed): Promise<Counted> {
  const hasher = createHasher(undefined, { running: Math.min(clients, availableParallelism()) });
  const phc = await hasher.hash('a password to hash');
  return forSeconds({ clients, seconds }, async () => {
    await hasher.verify(phc, 'a password to hash');
  });
}

/** Durable transactions of one row each. */
export function commits({ database, ...timed }: Timed & { readonly database: string }): Promise<Counted> {
  const file = database.startsWith('sqlite:') ? database.slice('sqlite:'.length) : undefined;
  return file === undefined ? commitsOfPostgres(database, timed) : commitsOfSqlite(file, timed);
}

const table = 'create table if not exists written (row integer)';
const insert = 'insert into written values (1)';

async function commitsOfSqlite(file: string, timed: Timed): Promise<Counted> {
  using database = new DatabaseSync(file);
  database.exec(`pragma journal_mode = wal; pragma synchronous = full; ${table}`);
  const statement = database.prepare(insert);
  return await forSeconds(timed, async () => {
    statement.run();
  });
}

async function commitsOfPostgres(url: string, timed: Timed): Promise<Counted> {
  const pool = new Pool({ connectionString: url, max: timed.clients });
  try {
    await pool.query(table);
    const connections = await Promise.all(Array.from({ length: timed.clients }, () => pool.connect()));
    const counted = await forSeconds(timed, async (client) => {
      await connections[client]?.query({ name: 'insert', text: insert });
    });
    for (const connection of connections) connection.release();
    return counted;
  } finally {
    await pool.end();
  }
}
