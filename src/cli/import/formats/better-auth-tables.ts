import type { DatabaseSync } from 'node:sqlite';
import { SetupError } from '../../../base/fault.ts';

/** A table or column by what Better Auth calls it, without regard to case, underscores and a plural. */
const kindOf = (name: string) => name.toLowerCase().replaceAll('_', '').replace(/s$/, '');

type Table = { readonly name: string; readonly kind: string; readonly columns: readonly string[] };
export type BetterAuthTables = readonly Table[];

/** Tables of plugins, and of what migrates databases. A row of any other table may be a second factor. */
const harmlessTables = new Set(
  [
    'session verification rateLimit jwks apikey deviceCode walletAddress subscription ssoProvider scimProvider',
    'organization organizationRole member invitation team teamMember',
    'oauthApplication oauthClient oauthAccessToken oauthRefreshToken oauthConsent',
    'kyselyMigration kyselyMigrationLock drizzleMigrations prismaMigrations',
  ]
    .flatMap((names) => names.split(' '))
    .map(kindOf),
);

const factorTables = new Set(['twoFactor', 'passkey'].map(kindOf));

export const tableOf = (tables: BetterAuthTables, name: string): Table | undefined =>
  tables.find(({ kind }) => kind === kindOf(name));

const columnIn = (table: Table | undefined, name: string): string | undefined =>
  table?.columns.find((column) => kindOf(column) === kindOf(name));

/** A column as SQL names it; undefined where there is none. */
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
        throw new SetupError(`${file} is no database of Better Auth: it has no table ${table} with a column ${column}`);
  return tables;
}

/** SQLite's results CORRUPT and NOTADB (sqlite.org/rescode.html). */
const ofDamage = new Set([11, 26]);

/** Whether SQLite finds a part of the file missing or wrong. */
export function isDamaged(database: DatabaseSync): boolean {
  try {
    return database.prepare('pragma quick_check(1)').get()?.['quick_check'] !== 'ok';
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && ofDamage.has(Number(error.errcode) & 0xff)) return true;
    throw error;
  }
}

/** Why no user of the database can be imported; undefined where they can. */
export function faultOf(database: DatabaseSync, tables: BetterAuthTables): string | undefined {
  const held = tables.filter(({ name }) => database.prepare(`select 1 from ${quoted(name)} limit 1`).get());
  const known = (kind: string) => ['user', 'account'].includes(kind) || factorTables.has(kind);
  const unknown = held.filter(({ kind }) => !known(kind) && !harmlessTables.has(kind));
  if (unknown.length > 0)
    return `holds rows of tables that are not known: ${namesOf(unknown)}; import a copy without those that hold no second factors`;
  const twice = tables.filter(({ kind }) => known(kind) && tables.filter((other) => other.kind === kind).length > 1);
  if (twice.length > 0) return `holds tables of which only one can be meant: ${namesOf(twice)}`;
  const lost = held.filter((table) => factorTables.has(table.kind) && !areOwned(database, tables, table));
  if (lost.length > 0) return `holds rows of second factors whose user is not in it: ${namesOf(lost)}`;
  return undefined;
}

/** Whether every row of a table belongs to a user. */
function areOwned(database: DatabaseSync, tables: BetterAuthTables, table: Table): boolean {
  const [user, owner] = [tableOf(tables, 'user'), columnIn(table, 'userId')];
  if (!user || owner === undefined) return false;
  const id = columnOf(tables, 'user', 'id');
  const owned = `left join ${quoted(user.name)} u on u.${id} = t.${quoted(owner)}`;
  return !database.prepare(`select 1 from ${quoted(table.name)} t ${owned} where u.${id} is null limit 1`).get();
}

function namesOf(tables: readonly Table[]): string {
  const names = tables.map(({ name }) => (/^\w{1,100}$/.test(name) ? name : 'another'));
  return names.length <= 20 ? names.join(', ') : `${names.slice(0, 20).join(', ')} and others`;
}
