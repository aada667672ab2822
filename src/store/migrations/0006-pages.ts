import type { SchemaModule } from 'kysely';
import type { Flavour } from '../store.ts';
import { tableMaker } from '../table-maker.ts';

/** Indexes for pages, so that reading a page does not read the rows before it. */
export async function up(schema: SchemaModule, flavour: Flavour): Promise<void> {
  const { index } = tableMaker(schema, flavour);

  await schema.dropIndex('attempts_account_id_id').execute();
  await index('attempts', 'account_id', 'action', 'outcome', 'at', 'id');
  await schema.dropIndex('attempts_user_id_id').execute();
  await index('attempts', 'user_id', 'at', 'id');

  await schema.dropIndex('account_ancestors_ancestor_id_depth').execute();
  await index('account_ancestors', 'ancestor_id', 'depth', 'account_id');
  await index('account_ancestors', 'ancestor_id', 'account_id', 'depth');
}
