import type { SchemaModule } from 'kysely';
import type { Flavour } from '../store.ts';
import { tableMaker } from '../table-maker.ts';

/** Sessions have generations, and tokens keep what was proven when they were issued. */
export async function up(schema: SchemaModule, flavour: Flavour): Promise<void> {
  const { instant } = tableMaker(schema, flavour);
  for (const column of ['generation', 'generation_from', 'refresh_from']) {
    await schema
      .alterTable('sessions')
      .addColumn(column, 'integer', (c) => c.notNull().defaultTo(1))
      .execute();
  }
  await schema.alterTable('sessions').addColumn('first_factor_at', instant).execute();
  await schema.alterTable('sessions').addColumn('raised', 'text').execute();
  await schema.alterTable('sessions').addColumn('scope', 'text').execute();
  await schema.alterTable('sessions').addColumn('second_kinds', 'text').execute();

  await schema
    .alterTable('refresh_tokens')
    .addColumn('generation', 'integer', (c) => c.notNull().defaultTo(1))
    .execute();
  await schema.alterTable('refresh_tokens').addColumn('amr', 'text').execute();
  await schema.alterTable('refresh_tokens').addColumn('auth_time', instant).execute();
  await schema.alterTable('refresh_tokens').addColumn('second_factor_at', instant).execute();
}
