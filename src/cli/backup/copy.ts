import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { SetupError } from '../../base/fault.ts';
import { closeIntoOneFile, copySqlite, inspectCopy } from '../../store/sqlite-copy.ts';
import { sqliteFileOf } from '../../store/store.ts';
import { progressOf } from '../progress.ts';
import type { ServerSettings } from '../settings.ts';

/** The file of an embedded database; PostgreSQL has programs of its own for this. */
export function embeddedFile({ options: { database } }: Pick<ServerSettings, 'options'>): string {
  const file = sqliteFileOf(database);
  if (file !== undefined) return file;
  throw new SetupError(
    'this is for SQLite; back PostgreSQL up with pg_dump or a continuous archive (docs/operations.md says what matters)',
  );
}

/**
 * Copies a database whole or not at all: the copy is made beside its place, looked at, settled, and only then gets its name. Answers with how many
 * users it holds.
 */
export async function copyDatabase(
  { from, to }: { readonly from: string; readonly to: string },
  settle: (draft: string) => Promise<void> = async () => {},
): Promise<number> {
  if (existsSync(to)) throw new SetupError(`there is a file ${to} already, and it stays as it is`);
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
    if ('wrong' in found) throw new SetupError(`${from} can't be copied: ${found.wrong}`);
    await settle(draft);
    closeIntoOneFile(draft);
    renameSync(draft, to);
    return found.users;
  } catch (error) {
    const fromSqlite = error instanceof Error && 'errcode' in error;
    throw fromSqlite ? new SetupError(`${from} can't be copied: ${error.message}`) : error;
  } finally {
    progress.clear();
    for (const file of rest) rmSync(file, { force: true });
  }
}
