import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, test } from 'node:test';
import { sql } from 'kysely';
import { withoutLimits } from '../../src/store/postgres.ts';
import { isUnavailable, openDatabase } from '../../src/store/store.ts';

const url = process.env.TEST_POSTGRES_URL ?? '';
const of = (parameters: Readonly<Record<string, string>>) => `${url}?${new URLSearchParams(parameters).toString()}`;
/** Closes its connections whether the test passes or not. */
function open(...options: Parameters<typeof openDatabase>) {
  const { db } = openDatabase(...options);
  return { db, [Symbol.asyncDispose]: () => db.destroy() };
}

const skip = url === '' && 'PostgreSQL is not there: TEST_POSTGRES_URL is not set';

describe('a pool of connections to PostgreSQL', { skip }, () => {
  test('gives counts and instants as numbers', async () => {
    await using database = open(url);
    const { db } = database;
    const { rows } = await sql`select count(*) as count, 1763726400000::bigint as at, 'a' as a`.execute(db);
    assert.deepEqual(rows, [{ count: 1, at: 1_763_726_400_000, a: 'a' }]);
  });

  test('bounds how long a statement may run', async () => {
    await using database = open(url);
    const { db } = database;
    const { rows } =
      await sql`select current_setting('statement_timeout') as one, current_setting('idle_in_transaction_session_timeout') as other`.execute(
        db,
      );
    assert.deepEqual(rows, [{ one: '10s', other: '10s' }]);
  });

  test('prepares every distinct statement once on each connection', async () => {
    await using database = open(url);
    const { db } = database;
    await db.connection().execute(async (connection) => {
      for (const value of [1, 2, 3]) await sql`select ${value}::int + 40 as answer`.execute(connection);
      const { rows } =
        await sql`select name from pg_prepared_statements where statement like '%+ 40 as answer'`.execute(connection);
      assert.equal(rows.length, 1);
    });
  });

  test('prepares nothing where the URL says so, and passes the rest of it on', async () => {
    await using database = open(of({ prepare: 'false', application_name: 'one & two' }));
    const { db } = database;
    await db.connection().execute(async (connection) => {
      await sql`select ${1}::int + 41 as answer`.execute(connection);
      const { rows } = await sql`select current_setting('application_name') as name, count(*) as prepared
        from pg_prepared_statements`.execute(connection);
      assert.deepEqual(rows, [{ name: 'one & two', prepared: 0 }]);
    });
  });

  test('hangs up where no answer comes, and asks nothing else there', async () => {
    // What is said here of how long it waits stands for its eleven seconds.
    await using database = open(of({ query_timeout: '1000' }));
    const { db } = database;
    const pid = sql<{ pid: number }>`select pg_backend_pid() as pid`;
    let first: number | undefined;
    const hanging = db.transaction().execute(async (tx) => {
      first = (await pid.execute(tx)).rows[0]?.pid;
      await sql`select pg_sleep(9)`.execute(tx);
    });
    await assert.rejects(hanging, (error) => isUnavailable(error));
    assert.notEqual((await pid.execute(db)).rows[0]?.pid, first);
  });

  test('waits as long as it takes where the limits are lifted, and no longer', async () => {
    await using database = open(of({ query_timeout: '1000' }));
    const { db } = database;
    await db.transaction().execute(async (tx) => {
      await sql.raw(withoutLimits).execute(tx);
      await sql`select pg_sleep(1.5)`.execute(tx);
    });
    await assert.rejects(sql`select pg_sleep(9)`.execute(db), (error) => isUnavailable(error));
  });

  test('leaves a server that takes no writes', async () => {
    await using database = open(url);
    const { db } = database;
    const written = async () =>
      db.connection().execute(async (connection) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(connection);
        await sql`set default_transaction_read_only = on`.execute(connection);
        await sql`create table never (id text)`.execute(connection);
        return rows;
      });
    await assert.rejects(written(), (error) => isUnavailable(error));
    const { rows } = await sql`select current_setting('default_transaction_read_only') as now`.execute(db);
    assert.deepEqual(rows, [{ now: 'off' }]);
  });

  test('outlives a connection that was lost, and says so', async () => {
    const lost = new EventEmitter();
    await using database = open(url, () => lost.emit('connection'));
    const { db } = database;
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
    const told = once(lost, 'connection');
    await using other = open(url);
    await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(other.db);
    await told;
    assert.equal((await sql`select 1`.execute(db)).rows.length, 1);
  });

  test('more statements than are kept prepared do no harm', async () => {
    await using database = open(url);
    const { db } = database;
    for (let at = 0; at < 600; at += 1) {
      const { rows } = await sql<{ at: number }>`select ${sql.lit(at)} as at`.execute(db);
      assert.equal(rows[0]?.at, at);
    }
  });
});
