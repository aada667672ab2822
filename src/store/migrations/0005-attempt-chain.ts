import type { SchemaModule } from 'kysely';
import type { Flavour } from '../store.ts';
import { tableMaker } from '../table-maker.ts';

/** The chains of the audit log. `tables.ts` describes the columns, which are null in rows that are older. */
export async function up(schema: SchemaModule, flavour: Flavour): Promise<void> {
  const { create, unique } = tableMaker(schema, flavour);

  await schema.alterTable('attempts').addColumn('strand', 'text').execute();
  await schema.alterTable('attempts').addColumn('seq', 'integer').execute();
  await schema.alterTable('attempts').addColumn('hash', 'text').execute();
  await unique('attempts', 'strand', 'seq');

  await create('attempt_chains', (table) =>
    table
      .addColumn('strand', 'text', (c) => c.primaryKey())
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('tip', 'text', (c) => c.notNull())
      .addColumn('base_seq', 'integer', (c) => c.notNull())
      .addColumn('base_hash', 'text', (c) => c.notNull())
      .addColumn('base_seal', 'text', (c) => c.notNull()),
  );
  await create('attempt_register', (table) =>
    table.addColumn('id', 'integer', (c) => c.primaryKey()).addColumn('value', 'text', (c) => c.notNull()),
  );
}
