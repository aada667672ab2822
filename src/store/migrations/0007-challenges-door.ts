import type { SchemaModule } from 'kysely';
import type { Flavour } from '../store.ts';
import { tableMaker } from '../table-maker.ts';

/** Challenges of services and of sessions that step up, and an index to find a service by its API key. */
export async function up(schema: SchemaModule, flavour: Flavour): Promise<void> {
  const { index } = tableMaker(schema, flavour);
  for (const column of ['service_id', 'session_id', 'action', 'purpose'])
    await schema.alterTable('challenges').addColumn(column, 'text').execute();
  await index('authenticators', 'lookup');
}
