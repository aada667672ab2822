import { closeSync, fsyncSync, openSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';

/** Copies an embedded database that may be in use: what others write meanwhile is in the copy or not, and never half. `tell` hears from 0 to 1. */
export async function copySqlite(from: string, to: string, tell: (fraction: number) => void): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true, timeout: 5000 });
  try {
    const progress = ({ totalPages, remainingPages }: { totalPages: number; remainingPages: number }) =>
      tell(1 - remainingPages / Math.max(1, totalPages));
    await backup(source, to, { rate: 1000, progress });
  } finally {
    source.close();
  }
}

/** What is wrong with a database, as SQLite says it; nothing, and how many users it holds, where it is whole and one of ours. */
export function inspectCopy(file: string): { readonly users: number } | { readonly wrong: string } {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const said = database
      .prepare('pragma integrity_check(3)')
      .all()
      .map((row) => Object.values(row)[0]);
    // Some of its reports take several lines.
    if (said.join() !== 'ok') return { wrong: `it is damaged: ${said.join('; ').replaceAll(/\s+/g, ' ')}` };
    const tables = database
      .prepare("select count(*) as found from sqlite_master where name in ('meta', 'users')")
      .get();
    if (tables?.['found'] !== 2) return { wrong: 'it is no database of Countersign' };
    return { users: Number(database.prepare('select count(*) as users from users').get()?.['users']) };
  } finally {
    database.close();
  }
}

/** Writes the log of what was changed into the file itself, which can then be carried away, and makes sure that it is there. */
export function closeIntoOneFile(file: string): void {
  const database = new DatabaseSync(file);
  database.exec('pragma journal_mode = delete');
  database.close();
  const handle = openSync(file, 'r+');
  fsyncSync(handle);
  closeSync(handle);
}
