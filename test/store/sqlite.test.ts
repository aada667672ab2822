import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { isUnavailable, openDatabase } from '../../src/store/store.ts';

async function pragma(database: ReturnType<typeof openDatabase>, name: string): Promise<unknown> {
  const { rows } = await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(database.db);
  return Object.values(rows[0] ?? {})[0];
}

test('a database is made in a folder of its own that nobody else can enter', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-sqlite-'));
  const database = openDatabase(`sqlite:${folder}/deep/data/countersign.db`);
  assert.ok(existsSync(`${folder}/deep/data/countersign.db`));
  assert.equal(statSync(`${folder}/deep/data`).mode & 0o777, 0o700);
  await database.db.destroy();
  rmSync(folder, { recursive: true });
});

test('the files of a new database are for their owner alone, whatever the umask', async (on) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-sqlite-'));
  on.after(() => rmSync(folder, { recursive: true }));
  const before = process.umask(0o022);
  on.after(() => process.umask(before));
  const database = openDatabase(`sqlite:${folder}/a.db`);
  await sql`create table t (a integer)`.execute(database.db);
  for (const end of ['', '-wal', '-shm']) assert.equal(statSync(`${folder}/a.db${end}`).mode & 0o777, 0o600, end);
  assert.equal(process.umask(), 0o022, 'the umask of the process stays as it was');
  await database.db.destroy();
});

test('what was committed is on the disk, readers do not wait, and rows that belong together stay together', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-sqlite-'));
  const database = openDatabase(`sqlite:${folder}/a.db`);
  const full = 2;
  assert.equal(await pragma(database, 'synchronous'), full);
  assert.equal(await pragma(database, 'journal_mode'), 'wal');
  assert.equal(await pragma(database, 'foreign_keys'), 1);
  assert.equal(await pragma(database, 'busy_timeout'), 5000);
  await database.db.destroy();
  rmSync(folder, { recursive: true });
});

test('a transaction holds the one place to write from its start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-sqlite-'));
  const [one, other] = [openDatabase(`sqlite:${folder}/a.db`), openDatabase(`sqlite:${folder}/a.db`)];
  await sql`pragma busy_timeout = 0`.execute(other.db);
  await one.db.transaction().execute(async () => {
    const busy = other.db.transaction().execute(async () => {});
    await assert.rejects(busy, (error) => isUnavailable(error));
  });
  await other.db.transaction().execute(async () => {});
  await Promise.all([one.db.destroy(), other.db.destroy()]);
  rmSync(folder, { recursive: true });
});

test('rows are plain objects', async () => {
  const { db } = openDatabase('sqlite::memory:');
  const { rows } = await sql`select 1 as one, 'two' as two, null as none`.execute(db);
  assert.deepEqual(rows, [{ one: 1, two: 'two', none: null }]);
  await db.destroy();
});

test('more statements than are kept prepared do no harm', async () => {
  const { db } = openDatabase('sqlite::memory:');
  for (let at = 0; at < 1200; at += 1) {
    const { rows } = await sql<{ at: number }>`select ${sql.lit(at % 600)} as at`.execute(db);
    assert.equal(rows[0]?.at, at % 600);
  }
  await db.destroy();
});

test('an insert, an update and a delete say how many rows they changed', async () => {
  const { db } = openDatabase('sqlite::memory:');
  await sql`create table meta (key text primary key, value text) strict`.execute(db);
  const inserted = await db
    .insertInto('meta')
    .values([
      { key: 'a', value: '' },
      { key: 'b', value: '' },
    ])
    .executeTakeFirst();
  const ignored = await db
    .insertInto('meta')
    .values({ key: 'a', value: '' })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst();
  const updated = await db.updateTable('meta').set({ value: 'c' }).executeTakeFirst();
  const deleted = await db.deleteFrom('meta').where('key', '=', 'z').executeTakeFirst();
  assert.equal(inserted.numInsertedOrUpdatedRows, 2n);
  assert.equal(ignored.numInsertedOrUpdatedRows, 0n);
  assert.equal(updated.numUpdatedRows, 2n);
  assert.equal(deleted.numDeletedRows, 0n);
  await db.destroy();
});
