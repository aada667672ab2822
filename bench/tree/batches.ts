import type { CompiledQuery, Insertable, Kysely } from 'kysely';
import type { Tables } from '../../src/store/tables.ts';
import type { Progress } from './progress.ts';

/** Rows in one statement: with 20 columns still below the 32,766 values that SQLite takes. */
const inStatement = 500;
/** Rows in one transaction. */
const inTransaction = 20_000;

type Batch<Table extends keyof Tables> = {
  readonly table: Table;
  readonly all: number;
  readonly row: (at: number) => Insertable<Tables[Table]>;
};

/**
 * Inserts many rows whose members have the same order. Kysely takes longer to compile such a statement than a database to run it, so one is
 * compiled, and run with other values.
 */
export async function writeInBatches<Table extends keyof Tables>(
  db: Kysely<Tables>,
  { table, all, row }: Batch<Table>,
  tell: Progress,
): Promise<void> {
  const statements = new Map<number, CompiledQuery>();
  for (let start = 0; start < all; start += inTransaction) {
    const end = Math.min(all, start + inTransaction);
    await db.transaction().execute(async (tx) => {
      for (let at = start; at < end; at += inStatement) {
        const rows = Array.from({ length: Math.min(inStatement, end - at) }, (_, next) => row(at + next));
        const statement = statements.get(rows.length) ?? tx.insertInto(table).values(rows).compile();
        statements.set(rows.length, statement);
        await tx.executeQuery({ ...statement, parameters: rows.flatMap((one) => Object.values(one)) });
      }
    });
    tell(table, end, all);
  }
}
