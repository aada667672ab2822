import type { DatabaseSync } from 'node:sqlite';
import { SetupError } from '../../../base/fault.ts';

/** The name of a table or column without case, underscores and plural, as Better Auth matches it. */
export const kindOf = (name: string) => name.toLowerCase().replaceAll('_', '').replace(/s$/, '');

export type Table = { readonly name: string; readonly kind: string; readonly columns: readonly string[] };
export type BetterAuthTables = readonly Table[];

export const tableOf = (tables: BetterAuthTables, name: string): Table | undefined =>
  tables.find(({ kind }) => kind === kindOf(name));

export const columnIn = (table: Table | undefined, name: string): string | undefined =>
  table?.columns.find((column) => kindOf(column) === kindOf(name));

/** A column as quoted in SQL; undefined if it does not exist. */
export function columnOf(tables: BetterAuthTables, table: string, name: string): string | undefined {
  const column = columnIn(tableOf(tables, table), name);
  return column === undefined ? undefined : quoted(column);
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The tables of a database of Better Auth. */
export function readTables(database: DatabaseSync, file: string): BetterAuthTables {
  const info = database.prepare('select name from pragma_table_info(?)');
  const tables = database
    .prepare("select name from sqlite_schema where type = 'table' and name not glob 'sqlite_*'")
    .all()
    .map((row) => String(row['name']))
    .map((name) => ({ name, kind: kindOf(name), columns: info.all(name).map((column) => String(column['name'])) }));
  const needed = { user: ['id', 'email'], account: ['userId', 'providerId', 'password'] };
  for (const [table, columns] of Object.entries(needed))
    for (const column of columns)
      if (columnOf(tables, table, column) === undefined)
        throw new SetupError(
          `${file} is not a database of Better Auth: it has no table ${table} with a column ${column}`,
        );
  return tables;
}

/** SQLite's results CORRUPT and NOTADB (sqlite.org/rescode.html). */
const damageCodes = new Set([11, 26]);

/** Whether SQLite finds a part of the file missing or wrong. */
export function isDamaged(database: DatabaseSync): boolean {
  try {
    return database.prepare('pragma quick_check(1)').get()?.['quick_check'] !== 'ok';
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && damageCodes.has(Number(error.errcode) & 0xff)) return true;
    throw error;
  }
}
