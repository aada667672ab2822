import type { SchemaModule } from 'kysely';
import type { Flavour } from '../store.ts';
import { tableMaker } from '../table-maker.ts';

/** Prompts of providers that verify users themselves, and their responses that were accepted. */
export async function up(schema: SchemaModule, flavour: Flavour): Promise<void> {
  const { create, index, instant } = tableMaker(schema, flavour);

  for (const column of ['prompt', 'handle', 'enrolls'])
    await schema.alterTable('challenges').addColumn(column, 'text').execute();
  await index('challenges', 'user_id', 'handle');
  await schema.alterTable('attempts').addColumn('detail', 'text').execute();

  await create('spent_replies', (table) =>
    table
      .addColumn('provider_id', 'text', (c) => c.notNull())
      .addColumn('reply', 'text', (c) => c.notNull())
      .addColumn('until', instant, (c) => c.notNull())
      .addPrimaryKeyConstraint('spent_replies_key', ['provider_id', 'reply']),
  );
  await index('spent_replies', 'until');
}
