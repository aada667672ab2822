import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { SetupError } from '../../base/fault.ts';
import { closeIntoOneFile, copySqlite, inspectCopy } from '../../store/sqlite-copy.ts';
import { sqliteFileOf } from '../../store/store.ts';
import { progressOf } from '../progress.ts';
import type { ServerSettings } from '../settings.ts';

/** The file of an SQLite database; PostgreSQL has its own programs for this. */
export function embeddedFile({ options: { database } }: Pick<ServerSettings, 'options'>): string {
  const file = sqliteFileOf(database);
  if (file !== undefined) return file;
  throw new SetupError(
    'this command is for SQLite; back up PostgreSQL with pg_dump or a continuous archive (see docs/postgresql.md)',
  );
}

/**
 * Copies a database completely or not at all: the copy is written to a draft, checked, prepared and then renamed. Returns the number of
 * users.
 */
export async function copyDatabase(
  { from, to }: { readonly from: string; readonly to: string },
  prepare: (draft: string) => Promise<void> = async () => {},
): Promise<number> {
  if (existsSync(to)) throw new SetupError(`the file ${to} exists already and was not changed`);
  const draft = `${to}.part`;
  const rest = ['', '-wal', '-shm', '-journal'].map((end) => `${draft}${end}`);
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  for (const file of rest) rmSync(file, { force: true });
  let done = 0;
  const progress = progressOf({ what: 'copied', of: 'steps', fraction: () => done, step: 1 });
  try {
    await copySqlite(from, draft, (fraction) => {
      done = fraction;
      progress.tell(1);
    });
    const found = inspectCopy(draft);
    if ('wrong' in found) throw new SetupError(`${from} cannot be copied: ${found.wrong}`);
    await prepare(draft);
    closeIntoOneFile(draft);
    renameSync(draft, to);
    return found.users;
  } catch (error) {
    const fromSqlite = error instanceof Error && 'errcode' in error;
    throw fromSqlite ? new SetupError(`${from} cannot be copied: ${error.message}`) : error;
  } finally {
    progress.clear();
    for (const file of rest) rmSync(file, { force: true });
  }
}
