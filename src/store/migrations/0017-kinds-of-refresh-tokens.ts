import type { SchemaModule } from 'kysely';

/** A refresh token keeps the kinds of second factor that its session had proven when it was issued. */
export async function up(schema: SchemaModule): Promise<void> {
  await schema.alterTable('refresh_tokens').addColumn('second_kinds', 'text').execute();
}
