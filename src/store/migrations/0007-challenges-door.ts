import type { SchemaModule } from 'kysely';
import type { Flavour } from '../store.ts';
import { tableMaker } from '../table-maker.ts';

/** Challenges that are no login's: a service asks for one, or a session that steps up. And a service is found by its key alone. */
export async function up(schema: SchemaModule, flavour: Flavour): Promise<void> {
  const { index } = tableMaker(schema, flavour);
  for (const column of ['service_id', 'session_id', 'action', 'purpose'])
    await schema.alterTable('challenges').addColumn(column, 'text').execute();
  await index('authenticators', 'lookup');
}
