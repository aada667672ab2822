import { sql, type Kysely, type Selectable } from 'kysely';
import type { Safe } from '../base/seal.ts';
import { registerPlace } from './attempt-register.ts';
import { statePlace } from './authenticators.ts';
import { oldPromptPlace } from './old-prompts.ts';
import { memoPlace } from './prompts.ts';
import { noticePlace } from './notices.ts';
import { settingsPlace } from './providers.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';
import { unknownUserPrefix } from './throttles.ts';
import { phonePlace } from './users.ts';

/*
 * The columns whose values contain a key id. Sealed values are resealed when keys rotate, and a key cannot be removed
 * while a value names it. The proof of the key ring is not in these lists (see `meta.ts`), because it contains both
 * kinds of values.
 */

export type SealedColumn = {
  readonly table: keyof Tables;
  readonly column: string;
  /** The next values, after a row's id, that were sealed with a key other than `keyId`. */
  page(db: Kysely<Tables>, keyId: string, after: string, limit: number): Promise<readonly SealedValue[]>;
  /** Replaces a value if it is still the one that was read. False: it was changed or deleted. */
  replace(db: Kysely<Tables>, value: SealedValue, replacement: string): Promise<boolean>;
};

export type SealedValue = { readonly id: string; readonly place: string; readonly sealed: string };

const states = sealedColumn('authenticators', 'state', 'id', ({ id, user_id: userId, kind }) =>
  statePlace({ id, userId, kind }),
);

export const sealedColumns: readonly SealedColumn[] = [
  sealedColumn('users', 'phone', 'id', ({ id }) => phonePlace(id)),
  states,
  sealedColumn('providers', 'settings', 'id', ({ id, account_id: accountId, provider_name: providerName }) =>
    settingsPlace({ id, accountId, providerName }),
  ),
  sealedColumn('challenges', 'prompt', 'id', ({ id, user_id: userId }) => oldPromptPlace({ id, userId })),
  sealedColumn('prompts', 'memo', ['challenge_id', 'kind'], ({ challenge_id: challengeId, kind }) =>
    memoPlace({ challengeId, kind }),
  ),
  sealedColumn('notices', 'to', 'attempt_id', ({ attempt_id: attempt }) => noticePlace(attempt)),
  // Pages need a key of type text, and this table's id is a number, so its only row is found by its value.
  sealedColumn('attempt_register', 'value', 'value', () => registerPlace),
];

const sendPrefixes = [
  'sms:',
  'email:',
  'enrollment.sms:',
  'enrollment.email:',
  'enrollment.address:',
  'notice.email:',
] as const;

/**
 * Columns of keyed hashes, and the prefixes that may precede a hash. Hashes inside sealed states are counted
 * separately.
 */
export const hashedColumns = [
  { table: 'authenticators', column: 'lookup' },
  { table: 'challenges', column: 'token_hash' },
  { table: 'challenges', column: 'handle' },
  { table: 'prompts', column: 'handle' },
  { table: 'refresh_tokens', column: 'token_hash' },
  { table: 'clients', column: 'secret_hash' },
  { table: 'throttles', column: 'subject', prefixes: [unknownUserPrefix] },
  { table: 'sends', column: 'destination', prefixes: sendPrefixes },
  { table: 'notices', column: 'destination' },
  { table: 'attempts', column: 'hash' },
  { table: 'attempt_chains', column: 'tip' },
  { table: 'attempt_chains', column: 'base_hash' },
  { table: 'attempt_chains', column: 'base_seal' },
] as const satisfies readonly KeyedColumn[];

export type KeyedColumn = {
  readonly table: keyof Tables;
  readonly column: string;
  readonly prefixes?: readonly string[];
};

function sealedColumn<Table extends keyof Tables>(
  table: Table,
  column: keyof Tables[Table] & string,
  id: (keyof Tables[Table] & string) | readonly (keyof Tables[Table] & string)[],
  place: (row: Selectable<Tables[Table]>) => string,
): SealedColumn {
  // A primary key of several columns is joined to one text, so that all tables are paged alike.
  const key = sql.join(
    [id].flat().map((name) => sql.ref(name)),
    sql` || '/' || `,
  );
  return {
    table,
    column,
    async page(db, keyId, after, limit) {
      type Row = Selectable<Tables[Table]> & { readonly page_id: string; readonly page_value: string };
      const { rows } = await sql<Row>`
        select *, ${key} as page_id, ${sql.ref(column)} as page_value from ${sql.table(table)}
        where ${sql.ref(column)} is not null and ${key} > ${after} and not ${namesKey(column, '', keyId)}
        order by ${key} limit ${sql.lit(limit)}`.execute(db);
      return rows.map((row) => ({ id: row.page_id, place: place(row), sealed: row.page_value }));
    },
    async replace(db, value, replacement) {
      const { numAffectedRows } = await sql`
        update ${sql.table(table)} set ${sql.ref(column)} = ${replacement}
        where ${key} = ${value.id} and ${sql.ref(column)} = ${value.sealed}`.execute(db);
      return numAffectedRows === 1n;
    },
  };
}

/** The decrypted states of all authenticators, in pages. */
export async function* allStates({ db, safe }: Store): AsyncGenerator<readonly (string | undefined)[]> {
  const size = 500;
  for (let after = ''; ;) {
    // No key has an empty id, so this reads all states.
    const page = await states.page(db, '', after, size);
    yield page.map((value) => openedValue(safe, value));
    const last = page.at(-1);
    if (last === undefined || page.length < size) return;
    after = last.id;
  }
}

/** Decrypts a value. Undefined if it was changed or its key is missing, so that a walk over all values can go on. */
export function openedValue(safe: Safe, { place, sealed }: SealedValue): string | undefined {
  try {
    return safe.open(place, sealed);
  } catch {
    return undefined;
  }
}

/** The number of values of a column that were made with each key, in the order of `keyIds`. */
export async function countByKey(
  db: Kysely<Tables>,
  { table, column, prefixes = [''] }: KeyedColumn,
  keyIds: readonly string[],
): Promise<readonly number[]> {
  if (keyIds.length === 0) return [];
  const counts = keyIds.map((id, at) => {
    const named = sql.join(
      prefixes.map((prefix) => namesKey(column, prefix, id)),
      sql` or `,
    );
    return sql`coalesce(sum(case when ${named} then 1 else 0 end), 0) as ${sql.ref(`key_${at}`)}`;
  });
  const { rows } = await sql<Record<string, number>>`
    select ${sql.join(counts)} from ${sql.table(table)} where ${sql.ref(column)} is not null`.execute(db);
  return keyIds.map((_, at) => rows[0]?.[`key_${at}`] ?? 0);
}

/** Whether a value begins with a key's id. `like` cannot be used, because an id may contain its wildcard `_`. */
function namesKey(column: string, prefix: string, keyId: string) {
  const start = `${prefix}${keyId}.`;
  return sql<boolean>`substr(${sql.ref(column)}, 1, ${sql.lit(start.length)}) = ${start}`;
}
