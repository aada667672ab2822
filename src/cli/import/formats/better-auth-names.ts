import type { DatabaseSync } from 'node:sqlite';
import { listed, type UnknownNames } from '../unknown-names.ts';
import {
  columnIn,
  columnOf,
  kindOf,
  quoted,
  tableOf,
  type Table,
  type BetterAuthTables,
} from './better-auth-tables.ts';

const kinds = (...names: readonly string[]) => new Set(names.flatMap((name) => name.split(' ')).map(kindOf));

/** Tables of plugins and migration tools that are irrelevant to second factors. */
const harmlessTables = kinds(
  'session verification rateLimit jwks apikey deviceCode walletAddress subscription ssoProvider scimProvider',
  'organization organizationRole member invitation team teamMember',
  'oauthApplication oauthClient oauthAccessToken oauthRefreshToken oauthConsent',
  'kyselyMigration kyselyMigrationLock drizzleMigrations prismaMigrations',
);

/** The known columns of the tables that show second factors: Better Auth's own, and its plugins'. */
const columns: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    'user',
    kinds(
      'id name email emailVerified image createdAt updatedAt username displayUsername phoneNumber phoneNumberVerified',
      'role banned banReason banExpires isAnonymous lastLoginMethod stripeCustomerId twoFactorEnabled',
    ),
  ],
  [
    'account',
    kinds(
      'id accountId providerId userId accessToken refreshToken idToken accessTokenExpiresAt refreshTokenExpiresAt',
      'expiresAt scope password createdAt updatedAt',
    ),
  ],
  [
    kindOf('twoFactor'),
    kinds('id secret backupCodes userId verified failedVerificationCount lockedUntil createdAt updatedAt'),
  ],
]);
const factorTables = kinds('twoFactor passkey');

/** Names that the operator cannot declare harmless. Before Better Auth 1.0 the table of users had such columns. */
export const isFactorName = (name: string): boolean =>
  factorTables.has(kindOf(name)) || /^users?\.two_?factor/i.test(name);

/** Better Auth's own providers in `account`. Applications may name others. */
const providers = new Set(
  [
    'credential apple atlassian cognito discord dropbox facebook figma github gitlab google huggingface kakao kick line',
    'linear linkedin microsoft naver notion paybin paypal polar reddit roblox salesforce slack spotify tiktok twitch',
    'twitter vercel vk zoom siwe anonymous',
  ].flatMap((names) => names.split(' ')),
);

/** The reason why no user of the database can be imported; undefined if they can. */
export function faultOf(database: DatabaseSync, tables: BetterAuthTables, names: UnknownNames): string | undefined {
  const filled = tables.filter(({ name }) => database.prepare(`select 1 from ${quoted(name)} limit 1`).get());
  for (const table of filled) {
    const known = columns.get(table.kind);
    if (known) for (const name of unknownColumns(database, table, known)) names.add(name);
    else if (!harmlessTables.has(table.kind) && !factorTables.has(table.kind)) names.add(table.name);
  }
  for (const name of unknownProviders(database, tables)) names.add(name);
  const unknown = names.fault();
  if (unknown !== undefined) return unknown;
  const known = tables.filter(({ kind }) => columns.has(kind) || factorTables.has(kind));
  const same = [
    ...duplicates(known),
    ...known.flatMap(({ columns: own }) => duplicates(own.map((name) => ({ name, kind: kindOf(name) })))),
  ];
  if (same.length > 0) return `has two names for the same table or column: ${listed(same)}`;
  const lost = filled.filter((table) => factorTables.has(table.kind) && !areOwned(database, tables, table));
  if (lost.length > 0) return `has rows of second factors without a user: ${listed(lost.map(({ name }) => name))}`;
  return undefined;
}

type NamedTable = { readonly name: string; readonly kind: string };

/** All tables or columns that share a name in Better Auth. */
const duplicates = (all: readonly NamedTable[]): readonly string[] =>
  all.filter(({ kind }) => all.filter((other) => other.kind === kind).length > 1).map(({ name }) => name);

/** Unknown columns that have a value in any row. */
function unknownColumns(
  database: DatabaseSync,
  { name, columns: own }: Table,
  known: ReadonlySet<string>,
): readonly string[] {
  const isSet = (column: string) => `trim(cast(${quoted(column)} as text)) not in ('', '[]', '{}')`;
  return own
    .filter((column) => !known.has(kindOf(column)))
    .filter((column) => database.prepare(`select 1 from ${quoted(name)} where ${isSet(column)} limit 1`).get())
    .map((column) => `${name}.${column}`);
}

function unknownProviders(database: DatabaseSync, tables: BetterAuthTables): readonly string[] {
  const account = tableOf(tables, 'account');
  const column = columnIn(account, 'providerId');
  if (!account || column === undefined) return [];
  const rows = database.prepare(`select distinct ${quoted(column)} as provider from ${quoted(account.name)}`).all();
  return rows
    .map(({ provider }) => String(provider))
    .filter((provider) => !providers.has(provider))
    .map((provider) => `${account.name}.${column}=${provider}`);
}

/** Whether every row of a table belongs to a user. */
function areOwned(database: DatabaseSync, tables: BetterAuthTables, table: Table): boolean {
  const [user, owner] = [tableOf(tables, 'user'), columnIn(table, 'userId')];
  if (!user || owner === undefined) return false;
  const id = columnOf(tables, 'user', 'id');
  const owned = `left join ${quoted(user.name)} u on u.${id} = t.${quoted(owner)}`;
  return !database.prepare(`select 1 from ${quoted(table.name)} t ${owned} where u.${id} is null limit 1`).get();
}
