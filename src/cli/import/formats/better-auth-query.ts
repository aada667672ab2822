import { columnOf, quoted, tableOf, type BetterAuthTables } from './better-auth-tables.ts';

/** Columns of plugins that the application does not use are absent. */
export function query(tables: BetterAuthTables): string {
  const own = (alias: string, table: string, names: readonly string[]) =>
    names.map((name) => {
      const column = columnOf(tables, table, name);
      return column === undefined ? `null as "${name}"` : `${alias}.${column} as "${name}"`;
    });
  const columns = [
    ...own('u', 'user', ['email', 'username', 'phoneNumber', 'banned']),
    ...own('a', 'account', ['password']),
    ...own('t', 'twoFactor', ['secret', 'backupCodes', 'verified']),
    `${isEnabled(tables)} as "twoFactorEnabled"`,
    `${hasPasskey(tables)} as "passkey"`,
  ];
  return `select ${columns.join(', ')} ${from(tables)} order by u.${columnOf(tables, 'user', 'id')}`;
}

/** If no column says whether the user enabled it, every row of the plugin counts. */
function isEnabled(tables: BetterAuthTables): string {
  const enabled = columnOf(tables, 'user', 'twoFactorEnabled');
  if (enabled !== undefined) return `u.${enabled}`;
  const owner = columnOf(tables, 'twoFactor', 'userId');
  return owner === undefined ? '0' : `t.${owner} is not null`;
}

function hasPasskey(tables: BetterAuthTables): string {
  const [table, owner] = [tableOf(tables, 'passkey'), columnOf(tables, 'passkey', 'userId')];
  if (!table || owner === undefined) return '0';
  return `u.${columnOf(tables, 'user', 'id')} in (select ${owner} from ${quoted(table.name)})`;
}

export function from(tables: BetterAuthTables): string {
  const id = columnOf(tables, 'user', 'id');
  const nameOf = (table: string) => quoted(tableOf(tables, table)?.name ?? table);
  const owner = (table: string) => columnOf(tables, table, 'userId');
  // A join, so that SQLite creates an index if the application has none.
  const isPassword = `a.${columnOf(tables, 'account', 'providerId')} = 'credential'`;
  const account = `left join ${nameOf('account')} a on a.${owner('account')} = u.${id} and ${isPassword}`;
  const second = owner('twoFactor') ? `left join ${nameOf('twoFactor')} t on t.${owner('twoFactor')} = u.${id}` : '';
  return `from ${nameOf('user')} u ${account} ${second}`;
}
