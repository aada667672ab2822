import { columnOf, quoted, tableOf, type BetterAuthTables } from './better-auth-tables.ts';

/** The SQL that reads users, passwords and second factors. A column of a plugin that is not installed is null. */
export function selectUsersSql(tables: BetterAuthTables): string {
  const columnsOf = (alias: string, table: string, names: readonly string[]) =>
    names.map((name) => {
      const column = columnOf(tables, table, name);
      return column === undefined ? `null as "${name}"` : `${alias}.${column} as "${name}"`;
    });
  const columns = [
    ...columnsOf('u', 'user', ['email', 'username', 'phoneNumber', 'banned']),
    ...columnsOf('a', 'account', ['password']),
    ...columnsOf('t', 'twoFactor', ['secret', 'backupCodes', 'verified']),
    `${enabledExpression(tables)} as "twoFactorEnabled"`,
    `${passkeyExpression(tables)} as "passkey"`,
  ];
  return `select ${columns.join(', ')} ${fromClause(tables)} order by u.${columnOf(tables, 'user', 'id')}`;
}

/**
 * SQL: whether the user has turned two-factor authentication on. Without such a column, any row of `twoFactor` counts as
 * on.
 */
function enabledExpression(tables: BetterAuthTables): string {
  const enabled = columnOf(tables, 'user', 'twoFactorEnabled');
  if (enabled !== undefined) return `u.${enabled}`;
  const owner = columnOf(tables, 'twoFactor', 'userId');
  return owner === undefined ? '0' : `t.${owner} is not null`;
}

function passkeyExpression(tables: BetterAuthTables): string {
  const [table, owner] = [tableOf(tables, 'passkey'), columnOf(tables, 'passkey', 'userId')];
  if (!table || owner === undefined) return '0';
  return `u.${columnOf(tables, 'user', 'id')} in (select ${owner} from ${quoted(table.name)})`;
}

export function fromClause(tables: BetterAuthTables): string {
  const id = columnOf(tables, 'user', 'id');
  const nameOf = (table: string) => quoted(tableOf(tables, table)?.name ?? table);
  const owner = (table: string) => columnOf(tables, table, 'userId');
  // A join, so that SQLite creates an index if the application has none.
  const passwordCondition = `a.${columnOf(tables, 'account', 'providerId')} = 'credential'`;
  const account = `left join ${nameOf('account')} a on a.${owner('account')} = u.${id} and ${passwordCondition}`;
  const second = owner('twoFactor') ? `left join ${nameOf('twoFactor')} t on t.${owner('twoFactor')} = u.${id}` : '';
  return `from ${nameOf('user')} u ${account} ${second}`;
}
