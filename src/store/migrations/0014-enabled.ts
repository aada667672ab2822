import type { SchemaModule } from 'kysely';

/** Users and accounts can be disabled. Rows that nodes of the last version write are enabled. */
export async function up(schema: SchemaModule): Promise<void> {
  for (const table of ['users', 'accounts']) {
    await schema
      .alterTable(table)
      .addColumn('enabled', 'integer', (column) => column.notNull().defaultTo(1))
      .execute();
  }
}
