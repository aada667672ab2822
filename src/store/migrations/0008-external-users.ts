import type { SchemaModule } from 'kysely';

/** External users: their application checks the first factor, and its service manages them. */
export async function up(schema: SchemaModule): Promise<void> {
  await schema.alterTable('users').addColumn('service_id', 'text').execute();
}
