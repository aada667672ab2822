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
 * Where values stand that name the key they were made with: what rotating keys has to go through, and what keeps a key from being removed. Only the
 * proof of the ring is not here (`meta.ts`): it is both at once.
 */

export type SealedColumn = {
  readonly table: keyof Tables;
  readonly column: string;
  /** The next values after a row's id that another key than this one sealed. */
  page(db: Kysely<Tables>, keyId: string, after: string, limit: number): Promise<readonly SealedValue[]>;
  /** Puts a value into the place of the one that was read. False: that is gone, or another by now. */
  replace(db: Kysely<Tables>, read: SealedValue, by: string): Promise<boolean>;
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
  // One row, named by its value, for its id is no text.
  sealedColumn('attempt_register', 'value', 'value', () => registerPlace),
];

const sendHeads = [
  'sms:',
  'email:',
  'enrollment.sms:',
  'enrollment.email:',
  'enrollment.address:',
  'notice.email:',
] as const;

/** Columns of keyed hashes, and what may stand there before a hash. Those inside sealed states are not here. */
export const hashedColumns = [
  { table: 'authenticators', column: 'lookup' },
  { table: 'challenges', column: 'token_hash' },
  { table: 'challenges', column: 'handle' },
  { table: 'prompts', column: 'handle' },
  { table: 'refresh_tokens', column: 'token_hash' },
  { table: 'clients', column: 'secret_hash' },
  { table: 'throttles', column: 'subject', heads: [unknownUserPrefix] },
  { table: 'sends', column: 'destination', heads: sendHeads },
  { table: 'notices', column: 'destination' },
  { table: 'attempts', column: 'hash' },
  { table: 'attempt_chains', column: 'tip' },
  { table: 'attempt_chains', column: 'base_hash' },
  { table: 'attempt_chains', column: 'base_seal' },
] as const satisfies readonly KeyedColumn[];

export type KeyedColumn = {
  readonly table: keyof Tables;
  readonly column: string;
  readonly heads?: readonly string[];
};

function sealedColumn<Table extends keyof Tables>(
  table: Table,
  column: keyof Tables[Table] & string,
  id: (keyof Tables[Table] & string) | readonly (keyof Tables[Table] & string)[],
  place: (row: Selectable<Tables[Table]>) => string,
): SealedColumn {
  // Rows are paged by one text, whatever their key is made of.
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
    async replace(db, read, by) {
      const { numAffectedRows } = await sql`
        update ${sql.table(table)} set ${sql.ref(column)} = ${by}
        where ${key} = ${read.id} and ${sql.ref(column)} = ${read.sealed}`.execute(db);
      return numAffectedRows === 1n;
    },
  };
}

/** Every authenticator's state, page by page. */
export async function* allStates({ db, safe }: Store): AsyncGenerator<readonly (string | undefined)[]> {
  const size = 500;
  for (let after = ''; ;) {
    // No key has this id.
    const page = await states.page(db, '', after, size);
    yield page.map((value) => openedValue(safe, value));
    const last = page.at(-1);
    if (last === undefined || page.length < size) return;
    after = last.id;
  }
}

/** Undefined where somebody has changed the value, or its key is gone: it stays as it is, and is a fault where it is used. */
export function openedValue(safe: Safe, { place, sealed }: SealedValue): string | undefined {
  try {
    return safe.open(place, sealed);
  } catch {
    return undefined;
  }
}

/** How many values of a column were made with each of these keys, in their order. */
export async function countByKey(
  db: Kysely<Tables>,
  { table, column, heads = [''] }: KeyedColumn,
  keyIds: readonly string[],
): Promise<readonly number[]> {
  if (keyIds.length === 0) return [];
  const counts = keyIds.map((id, at) => {
    const named = sql.join(
      heads.map((head) => namesKey(column, head, id)),
      sql` or `,
    );
    return sql`coalesce(sum(case when ${named} then 1 else 0 end), 0) as ${sql.ref(`key_${at}`)}`;
  });
  const { rows } = await sql<Record<string, number>>`
    select ${sql.join(counts)} from ${sql.table(table)} where ${sql.ref(column)} is not null`.execute(db);
  return keyIds.map((_, at) => rows[0]?.[`key_${at}`] ?? 0);
}

/** Not `like`: an id may hold what that takes for any character. */
function namesKey(column: string, head: string, keyId: string) {
  const start = `${head}${keyId}.`;
  return sql<boolean>`substr(${sql.ref(column)}, 1, ${sql.lit(start.length)}) = ${start}`;
}
