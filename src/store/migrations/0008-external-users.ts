import type { SchemaModule } from 'kysely';

/** Users of an application that checks their first factor itself: its service keeps them. */
export async function up(schema: SchemaModule): Promise<void> {
  await schema.alterTable('users').addColumn('service_id', 'text').execute();
}
