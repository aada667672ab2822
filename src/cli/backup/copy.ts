import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { systemClock } from '../../base/clock.ts';
import { SetupError } from '../../base/fault.ts';
import { readKeyFile } from '../../base/key-file.ts';
import { ringAt } from '../../base/rotation.ts';
import { systemRandom } from '../../base/random.ts';
import { createSafe } from '../../base/seal.ts';
import { isRingOf } from '../../store/meta.ts';
import { openDatabase, type Store } from '../../store/store.ts';
import type { Settings } from '../settings.ts';

/** The file of an embedded database; PostgreSQL has programs of its own for this. */
export function sqliteFile({ house: { database } }: Pick<Settings, 'house'>): string {
  if (database.startsWith('sqlite:')) return database.slice('sqlite:'.length);
  throw new SetupError(
    'this is for SQLite; back PostgreSQL up with pg_dump or a continuous archive (docs/operations.md says what matters)',
  );
}

export type Copying = {
  readonly from: string;
  readonly to: string;
  /** The key ring that opens it. */ readonly keysFile: string;
};

/**
 * Copies a database that may be in use, whole or not at all: the copy is made beside its place, looked at by `check`, and only then gets its name. What
 * others write meanwhile is in it or not, and never half.
 */
export async function copyDatabase(
  { from, to, keysFile }: Copying,
  check: (store: Store) => Promise<void>,
  tell: (fraction: number) => void,
): Promise<void> {
  if (existsSync(to)) throw new SetupError(`there is a file ${to} already, and it stays as it is`);
  const draft = `${to}.part`;
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  rmSync(draft, { force: true });
  try {
    const source = new DatabaseSync(from, { readOnly: true, timeout: 5000 });
    try {
      const progress = ({ totalPages, remainingPages }: { totalPages: number; remainingPages: number }) =>
        tell(1 - remainingPages / Math.max(1, totalPages));
      await backup(source, draft, { rate: 1000, progress });
    } finally {
      source.close();
    }
    assertWhole(draft);
    await withStore(draft, keysFile, check);
    // Back into one file, which can be carried away.
    oneFile(draft);
    sync(draft);
    renameSync(draft, to);
  } catch (error) {
    const fromSqlite = error instanceof Error && 'errcode' in error;
    throw fromSqlite ? new SetupError(`${from} can't be copied: ${error.message}`) : error;
  } finally {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${draft}${end}`, { force: true });
  }
}

/** Looks at a copy through the house's own store, with the key ring that it needs. */
async function withStore(file: string, keysFile: string, check: (store: Store) => Promise<void>): Promise<void> {
  const ring = readKeyFile(keysFile);
  if (!ring)
    throw new SetupError(`there is no keys file ${keysFile}: set COUNTERSIGN_KEYS to the one of this database`);
  const { db } = openDatabase(`sqlite:${file}`);
  try {
    const store = { db, safe: createSafe(ringAt(ring, systemClock.now()), systemRandom) };
    if ((await isRingOf(store)) !== true)
      throw new SetupError(`the key ring ${keysFile} does not open this database: give the one that belongs to it`);
    await check(store);
  } finally {
    await db.destroy();
  }
}

function assertWhole(file: string): void {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const said = database
      .prepare('pragma integrity_check')
      .all()
      .map((row) => Object.values(row)[0]);
    if (said.join() !== 'ok') throw new SetupError(`the copy is damaged: ${said.slice(0, 3).join('; ')}`);
  } finally {
    database.close();
  }
}

function oneFile(file: string): void {
  const database = new DatabaseSync(file);
  database.exec('pragma journal_mode = delete');
  database.close();
}

function sync(file: string): void {
  const handle = openSync(file, 'r+');
  fsyncSync(handle);
  closeSync(handle);
}

export const megabytes = (file: string) => `${(statSync(file).size / 1e6).toFixed(1)} MB`;
