import type { SchemaModule } from 'kysely';

/** Rules of an account that are not of one auth module, as a JSON object. */
export async function up(schema: SchemaModule): Promise<void> {
  await schema.alterTable('security').addColumn('rules', 'text').execute();
}
