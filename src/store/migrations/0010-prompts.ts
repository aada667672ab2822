import type { SchemaModule } from 'kysely';
import type { Flavour } from '../store.ts';
import { tableMaker } from '../table-maker.ts';

/** The prompts of challenges, one for each kind of factor. They are deleted with their challenge. */
export async function up(schema: SchemaModule, flavour: Flavour): Promise<void> {
  const { create, index, instant } = tableMaker(schema, flavour);
  await create('prompts', (table) =>
    table
      .addColumn('challenge_id', 'text', (c) => c.notNull().references('challenges.id').onDelete('cascade'))
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('provider_account_id', 'text')
      .addColumn('provider_id', 'text')
      .addColumn('memo', 'text', (c) => c.notNull())
      .addColumn('handle', 'text')
      .addColumn('expires_at', instant, (c) => c.notNull())
      .addPrimaryKeyConstraint('prompts_key', ['challenge_id', 'kind']),
  );
  await index('prompts', 'handle');
}
