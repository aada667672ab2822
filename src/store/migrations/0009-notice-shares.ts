import type { SchemaModule } from 'kysely';
import type { Flavour } from '../store.ts';
import { tableMaker } from '../table-maker.ts';

/** Notices are limited by address, postponed beyond that limit, and selected by user. */
export async function up(schema: SchemaModule, flavour: Flavour): Promise<void> {
  const { index, instant } = tableMaker(schema, flavour);

  await schema.alterTable('notices').addColumn('destination', 'text').execute();
  await schema
    .alterTable('notices')
    .addColumn('in_digest', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await schema
    .alterTable('notices')
    .addColumn('count', 'integer', (c) => c.notNull().defaultTo(1))
    .execute();
  await schema.alterTable('notices').addColumn('last_at', instant).execute();
  await index('notices', 'destination', 'due_at');
  await index('notices', 'user_id', 'due_at');
  // Due notices are counted by user, which this index answers alone.
  await schema.dropIndex('notices_due_at').execute();
  await index('notices', 'due_at', 'user_id');
}
