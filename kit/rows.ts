import type { Store } from '../src/store/store.ts';

/** Every row of every table, as text. */
export type Rows = Readonly<Record<string, readonly string[]>>;

const tables = [
  'accounts',
  'account_ancestors',
  'providers',
  'security',
  'users',
  'authenticators',
  'challenges',
  'prompts',
  'sessions',
  'throttles',
  'attempts',
  'sends',
  'notices',
  'clients',
  'refresh_tokens',
  'spent_replies',
  'meta',
] as const;

type Table = (typeof tables)[number];

/** All but the log, which goes on whatever a test puts back, because its rows are chained. */
export const guardedTables: readonly Table[] = tables.filter((table) => table !== 'attempts');

export async function rowsOf({ db }: Pick<Store, 'db'>, of: readonly Table[] = tables): Promise<Rows> {
  const rows: Record<string, readonly string[]> = {};
  for (const table of of) {
    const found = await db.selectFrom(table).selectAll().execute();
    rows[table] = found.map((row) => JSON.stringify(row)).toSorted();
  }
  return rows;
}

/** Puts all rows of the guarded tables back as they were. */
export async function restoreRows({ db }: Pick<Store, 'db'>, rows: Rows): Promise<void> {
  await db.transaction().execute(async (tx) => {
    for (const table of guardedTables.toReversed()) await tx.deleteFrom(table).execute();
    for (const table of guardedTables) {
      const values = (rows[table] ?? []).map((row) => JSON.parse(row) as never);
      if (values.length > 0) await tx.insertInto(table).values(values).execute();
    }
  });
}
