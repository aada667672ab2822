import type { SchemaModule } from 'kysely';
import type { Flavour } from '../store.ts';
import { tableMaker } from '../table-maker.ts';

/** Keys with a scope belong to their maker too, and a session knows the key that it ends with. */
export async function up(schema: SchemaModule, flavour: Flavour): Promise<void> {
  const { index } = tableMaker(schema, flavour);
  await schema.alterTable('authenticators').addColumn('scope', 'text').execute();
  await schema
    .alterTable('authenticators')
    .addColumn('maker_id', 'text', (column) => column.references('users.id').onDelete('cascade'))
    .execute();
  await index('authenticators', 'maker_id');
  for (const table of ['sessions', 'challenges']) {
    await schema.alterTable(table).addColumn('key_id', 'text').execute();
  }
}
