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

export async function rowsOf({ db }: Pick<Store, 'db'>): Promise<Rows> {
  const rows: Record<string, readonly string[]> = {};
  for (const table of tables) {
    const found = await db.selectFrom(table).selectAll().execute();
    rows[table] = found.map((row) => JSON.stringify(row)).toSorted();
  }
  return rows;
}
