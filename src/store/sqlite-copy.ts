import { closeSync, fsyncSync, openSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';

/** Copies a SQLite database that may be in use. The copy is consistent. `report` gets the progress from 0 to 1. */
export async function copySqlite(from: string, to: string, report: (fraction: number) => void): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true, timeout: 5000 });
  try {
    const progress = ({ totalPages, remainingPages }: { totalPages: number; remainingPages: number }) =>
      report(1 - remainingPages / Math.max(1, totalPages));
    await backup(source, to, { rate: 1000, progress });
  } finally {
    source.close();
  }
}

/**
 * Checks a copy: returns its number of users, or what is wrong with it if it is damaged or not a Countersign database.
 */
export function inspectCopy(file: string): { readonly users: number } | { readonly wrong: string } {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const report = database
      .prepare('pragma integrity_check(3)')
      .all()
      .map((row) => Object.values(row)[0]);
    // A report may have several lines.
    if (report.join() !== 'ok') return { wrong: `it is damaged: ${report.join('; ').replaceAll(/\s+/g, ' ')}` };
    const tables = database
      .prepare("select count(*) as found from sqlite_master where name in ('meta', 'users')")
      .get();
    if (tables?.['found'] !== 2) return { wrong: 'it is not a Countersign database' };
    return { users: Number(database.prepare('select count(*) as users from users').get()?.['users']) };
  } finally {
    database.close();
  }
}

/** Writes the write-ahead log into the database file and syncs it, so that the file alone is a complete copy. */
export function closeIntoOneFile(file: string): void {
  const database = new DatabaseSync(file);
  database.exec('pragma journal_mode = delete');
  database.close();
  const handle = openSync(file, 'r+');
  fsyncSync(handle);
  closeSync(handle);
}
